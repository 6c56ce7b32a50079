import type { components } from "../../api/generated/schema";
import { typed } from "../../format/decimal";
import { figureProblem, type Problems, problemsAmong, wholeProblem } from "../../format/problems";

type Workspace = components["schemas"]["Workspace"];
type Settings = components["schemas"]["SettingsInput"];

export const MODES = ["flat", "tokens"] as const;
export const PRIVACY = ["pseudonymous", "visible"] as const;

/** Settings as they stand in the form: texts, until they are saved. */
export interface Draft {
  name: string;
  mode: (typeof MODES)[number];
  perRequest: string;
  creditValue: string;
  exchangeRate: string;
  enforceCredits: boolean;
  registeredOnly: boolean;
  userPrivacy: (typeof PRIVACY)[number];
  retentionDays: string;
}

export function draftOf(workspace: Workspace): Draft {
  return {
    name: workspace.name,
    mode: workspace.pricing.mode,
    perRequest: workspace.pricing.perRequest,
    creditValue: workspace.creditValue,
    exchangeRate: workspace.exchangeRate ?? "",
    enforceCredits: workspace.enforceCredits,
    registeredOnly: workspace.registeredOnly,
    userPrivacy: workspace.userPrivacy,
    retentionDays: String(workspace.retentionDays),
  };
}

/** What cannot be saved, by the field it stands in: nothing is left as it is without being told. */
export function problemsOf(draft: Draft): Problems {
  return problemsAmong({
    "/name": draft.name.trim() ? undefined : "error.field_needed",
    "/pricing/perRequest": figureProblem(draft.perRequest, true),
    "/creditValue": figureProblem(draft.creditValue, true),
    "/exchangeRate": figureProblem(draft.exchangeRate),
    "/retentionDays": wholeProblem(draft.retentionDays),
  });
}

/** What the API is sent of a draft without problems. An exchange rate that is empty stays as it is. */
export function settingsOf(draft: Draft): Settings {
  const figure = (text: string) => typed(text) ?? null;
  return {
    name: draft.name.trim(),
    pricing: { mode: draft.mode, perRequest: figure(draft.perRequest) },
    creditValue: figure(draft.creditValue),
    enforceCredits: draft.enforceCredits,
    registeredOnly: draft.registeredOnly,
    userPrivacy: draft.userPrivacy,
    retentionDays: Number(draft.retentionDays.trim()),
    ...(draft.exchangeRate.trim() ? { exchangeRate: figure(draft.exchangeRate) } : {}),
  };
}
