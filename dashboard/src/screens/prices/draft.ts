import type { components } from "../../api/generated/schema";
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
  effectiveFrom: string;
  kind: (typeof KINDS)[number];
  perRequest: string;
  rates: Record<RateName, string>;
}

/** A price that begins now. */
export function draftOf(of: { service: string; model: string }, now: Date): Draft {
  return {
    ...of,
    effectiveFrom: `${now.toISOString().slice(0, 19)}Z`,
    kind: "perMillion",
    perRequest: "",
    rates: { input: "", output: "", cachedInput: "", cacheWrite: "", reasoning: "" },
  };
}

/** What cannot be saved, by the field it stands in. */
export function problemsOf(draft: Draft): Problems {
  const needed = (text: string) => (text.trim() ? undefined : "error.field_needed");
  const rates: Problems = {};
  for (const name of RATES) {
    const wanted = name === "input" || name === "output";
    rates[`/perMillion/${name}`] = figureProblem(draft.rates[name], wanted);
  }
  return problemsAmong({
    "/service": needed(draft.service),
    "/effectiveFrom": needed(draft.effectiveFrom),
    ...(draft.kind === "perMillion"
      ? rates
      : { "/perRequest": figureProblem(draft.perRequest, true) }),
  });
}

/** What the API is sent of a draft without problems; rates that were left empty are left out. */
export function inputOf(draft: Draft): components["schemas"]["PriceInput"] {
  const model = draft.model.trim();
  const common = {
    service: draft.service.trim(),
    ...(model ? { model } : {}),
    effectiveFrom: draft.effectiveFrom.trim(),
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
