import type { components } from "../../api/generated/schema";
import { type Day, instantOf, localDay, localTime } from "../../format/dates";
import { typed } from "../../format/decimal";
import { figureProblem, type Problems, problemsAmong } from "../../format/problems";

type Rates = components["schemas"]["RatesInput"];

export const RATES = ["input", "output", "cachedInput", "cacheWrite", "reasoning"] as const;
export type RateName = (typeof RATES)[number];
export const KINDS = ["perMillion", "perRequest"] as const;

/** A price as it stands in the form: texts, until it is saved. */
export interface Draft {
  service: string;
  model: string;
  /** Since when, by the workspace's clock: `2026-11-20` and `10:30`. */
  day: Day;
  time: string;
  kind: (typeof KINDS)[number];
  perRequest: string;
  rates: Record<RateName, string>;
}

/** A price that begins with this minute. */
export function draftOf(
  of: { service: string; model: string },
  now: Date,
  timeZone: string,
): Draft {
  return {
    ...of,
    day: localDay(timeZone, now),
    time: localTime(timeZone, now),
    kind: "perMillion",
    perRequest: "",
    rates: { input: "", output: "", cachedInput: "", cacheWrite: "", reasoning: "" },
  };
}

/** `9:30`, `09.30` and `0930`: a telephone's keys for numbers have no colon. */
const CLOCK = /^(\d{1,2})[:.]?(\d\d)$/;

/** The instant that the price begins at; null where that day has no such time. */
export function fromOf({ day, time }: Draft, timeZone: string): string | null {
  const [, hour = "", minute = ""] = CLOCK.exec(time.trim()) ?? [];
  const at = instantOf(timeZone, day, `${hour.padStart(2, "0")}:${minute}`);
  return at && `${at.toISOString().slice(0, 19)}Z`;
}

/** What cannot be saved, by the field it stands in. */
export function problemsOf(draft: Draft, timeZone: string): Problems {
  const needed = (text: string) => (text.trim() ? undefined : "error.field_needed");
  const rates: Problems = {};
  for (const name of RATES) {
    const wanted = name === "input" || name === "output";
    rates[`/perMillion/${name}`] = figureProblem(draft.rates[name], wanted);
  }
  return problemsAmong({
    "/service": needed(draft.service),
    "/effectiveFrom":
      needed(draft.day && draft.time.trim()) ??
      (fromOf(draft, timeZone) ? undefined : "error.field_date"),
    ...(draft.kind === "perMillion"
      ? rates
      : { "/perRequest": figureProblem(draft.perRequest, true) }),
  });
}

/** What the API is sent of a draft without problems; rates that were left empty are left out. */
export function inputOf(draft: Draft, timeZone: string): components["schemas"]["PriceInput"] {
  const model = draft.model.trim();
  const common = {
    service: draft.service.trim(),
    ...(model ? { model } : {}),
    effectiveFrom: fromOf(draft, timeZone) ?? "",
  };
  const flat = typed(draft.perRequest);
  if (draft.kind === "perRequest") {
    return { ...common, ...(flat === undefined ? {} : { perRequest: flat }) };
  }
  const rates: Partial<Rates> = {};
  for (const name of RATES) {
    const rate = typed(draft.rates[name]);
    if (rate !== undefined) rates[name] = rate;
  }
  const { input, output } = rates;
  if (input === undefined || output === undefined) return common;
  return { ...common, perMillion: { ...rates, input, output } };
}
