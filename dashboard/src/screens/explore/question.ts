/** What can be asked together: figures that are not kept cannot be chosen. */

import { addDays, type Day, endOfMonth, mondayOf } from "../../format/dates";

export const GROUPS = [
  "hour",
  "day",
  "week",
  "month",
  "service",
  "provider",
  "model",
  "user",
  "country",
  "platform",
  "status",
] as const;
export type Group = (typeof GROUPS)[number];

export const TIMES: ReadonlySet<string> = new Set(["hour", "day", "week", "month"]);

/** Sums, which a share can be had of; then what is reckoned from them. */
export const SUMS = ["cost", "requests", "tokens", "credits", "errors"] as const;
export const MEASURES = [
  ...SUMS,
  "errorRate",
  "averageResponseTimeMs",
  "p95ResponseTimeMs",
  "averageResponseBytes",
  "tokensPerSecond",
] as const;
export type Measure = (typeof MEASURES)[number];

export function isSum(measure: Measure): boolean {
  return (SUMS as readonly string[]).includes(measure);
}

/** Filters that go together; every other one stands alone. */
export const COMBINED = ["userId", "service", "model"] as const;
export const FILTERS = [...COMBINED, "provider", "country", "platform", "status"] as const;
export type Filter = (typeof FILTERS)[number];
export type Filters = Partial<Record<Filter, string>>;

const COMBINE: ReadonlySet<string> = new Set(COMBINED);

/** Groups whose figures are kept under the filters that are set. */
export function groupsUnder(filters: Filters): Group[] {
  const set = Object.keys(filters);
  const alone = set.find((name) => !COMBINE.has(name));
  return GROUPS.filter((group) => {
    if (set.length === 0 || group === "day" || group === "week" || group === "month") return true;
    const models = ["hour", "service", "provider", "model", "user"].includes(group);
    if (alone === undefined || alone === "provider") return models;
    return group === alone;
  });
}

/** The filters after one is set: one that stands alone takes the others' place. */
export function withFilter(filters: Filters, name: Filter, value: string | null): Filters {
  const kept = Object.fromEntries(
    Object.entries(filters).filter(
      ([other]) => other !== name && COMBINE.has(other) && COMBINE.has(name),
    ),
  ) as Filters;
  return value === null ? kept : { ...kept, [name]: value };
}

export const OUTCOMES = ["success", "error"] as const;

/** What is asked, as the address has it. */
export interface Question {
  group: Group;
  metric: Measure;
  filters: Filters;
}

/** The question an address asks: what cannot be asked, or not together, is left out. */
export function questionOf(address: URLSearchParams): Question {
  let filters: Filters = {};
  for (const name of FILTERS) {
    const value = address.get(name);
    const known = name !== "status" || OUTCOMES.some((outcome) => outcome === value);
    const together = Object.keys(withFilter(filters, name, value)).length;
    if (value && known && together > Object.keys(filters).length)
      filters = withFilter(filters, name, value);
  }
  const asked = address.get("groupBy");
  return {
    filters,
    group: groupsUnder(filters).find((name) => name === asked) ?? "day",
    metric: MEASURES.find((name) => name === address.get("metric")) ?? "cost",
  };
}

/** The change of the address that asks another question. */
export function addressOf(filters: Filters, group: Group): Record<string, string | null> {
  const cleared = Object.fromEntries(FILTERS.map((name) => [name, null]));
  const possible = groupsUnder(filters).includes(group) ? group : "day";
  return { ...cleared, ...filters, filter: null, groupBy: possible };
}

/** The service and the model that a model's key names; it has no model where there was none. */
export function modelOf(key: string): { service: string; model: string } {
  const [service = "", ...model] = key.split("/");
  return { service, model: model.join("/") };
}

/** What a row leads to. */
const DRILL: Partial<Record<Group, { filter: Filter; next: Group }>> = {
  service: { filter: "service", next: "model" },
  provider: { filter: "provider", next: "model" },
  user: { filter: "userId", next: "service" },
  country: { filter: "country", next: "day" },
  platform: { filter: "platform", next: "day" },
  status: { filter: "status", next: "day" },
};

/**
 * The address behind a row: days lead to their hours, longer times to their days, everything else
 * becomes a filter. Null where nothing finer is kept.
 */
export function behind(
  { group, filters }: Question,
  key: string,
): Record<string, string | null> | null {
  if (group === "model") {
    const { service, model } = modelOf(key);
    const of = withFilter(filters, "service", service);
    return addressOf(model ? withFilter(of, "model", model) : of, "day");
  }
  const days = daysOf(group, key);
  if (days) {
    const finer = group === "day" ? "hour" : "day";
    if (!groupsUnder(filters).includes(finer)) return null;
    return { ...addressOf(filters, finer), range: null, from: days[0], to: days[1] };
  }
  const drill = DRILL[group];
  return drill ? addressOf(withFilter(filters, drill.filter, key), drill.next) : null;
}

function daysOf(group: Group, key: string): [Day, Day] | null {
  if (group === "day") return [key, key];
  if (group === "week") return [mondayOf(key), addDays(mondayOf(key), 6)];
  return group === "month" ? [`${key}-01`, endOfMonth(`${key}-01`)] : null;
}
