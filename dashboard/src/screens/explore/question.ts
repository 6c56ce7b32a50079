/** What can be asked together: figures that are not kept cannot be chosen. */

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

/** The filter that a row of a group leads to, and the group to look at then. */
export const DRILL: Partial<Record<Group, { filter: Filter; next: Group }>> = {
  service: { filter: "service", next: "model" },
  provider: { filter: "provider", next: "model" },
  model: { filter: "model", next: "day" },
  user: { filter: "userId", next: "service" },
  country: { filter: "country", next: "day" },
  platform: { filter: "platform", next: "day" },
  status: { filter: "status", next: "day" },
};
