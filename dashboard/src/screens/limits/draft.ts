import type { components } from "../../api/generated/schema";
import { typed } from "../../format/decimal";
import { figureProblem, type Problems, problemsAmong } from "../../format/problems";

export type Threshold = components["schemas"]["Threshold"];
export type ThresholdInput = components["schemas"]["ThresholdInput"];

export const METRICS = ["cost", "credits", "tokens", "requests", "balance"] as const;

/** A threshold as it stands in the form: texts, until it is sent. */
export interface Draft {
  scope: "user" | "workspace";
  userId: string;
  metric: (typeof METRICS)[number];
  daily: string;
  monthly: string;
  below: string;
  percents: string;
  block: boolean;
  alertEnabled: boolean;
}

export const NEW: Draft = {
  scope: "workspace",
  userId: "",
  metric: "cost",
  daily: "",
  monthly: "",
  below: "",
  percents: "80, 100",
  block: false,
  alertEnabled: true,
};

export function draftOf(threshold: Threshold): Draft {
  return {
    scope: threshold.scope,
    userId: threshold.userId ?? "",
    metric: threshold.metric,
    daily: threshold.dailyLimit ?? "",
    monthly: threshold.monthlyLimit ?? "",
    below: threshold.below === undefined ? "" : String(threshold.below),
    percents: threshold.notifyAtPercent?.join(", ") ?? "",
    block: threshold.block,
    alertEnabled: threshold.alertEnabled,
  };
}

const PERCENTS = /^\d{1,3}([,\s]+\d{1,3})*$/;

/** What cannot be saved or tried, by the field it stands in. */
export function problemsOf(draft: Draft): Problems {
  const { daily, monthly, percents } = draft;
  if (draft.metric === "balance") {
    return problemsAmong({ "/below": figureProblem(draft.below, true) });
  }
  const either = daily.trim() === "" && monthly.trim() === "";
  return problemsAmong({
    "/dailyLimit": figureProblem(daily, either),
    "/monthlyLimit": figureProblem(monthly),
    "/notifyAtPercent":
      percents.trim() === "" || PERCENTS.test(percents.trim()) ? undefined : "error.field_whole",
  });
}

/** What the API is sent of a draft without problems: balances have one limit and no percentages, others no balance. */
export function inputOf(draft: Draft): ThresholdInput {
  const { metric, scope } = draft;
  const userId = draft.userId.trim();
  const common = {
    scope: metric === "balance" ? ("user" as const) : scope,
    metric,
    alertEnabled: draft.alertEnabled,
    ...((metric === "balance" || scope === "user") && userId ? { userId } : {}),
  };
  if (metric === "balance") {
    const below = typed(draft.below);
    return { ...common, block: null, ...(below === undefined ? {} : { below }) };
  }
  const daily = typed(draft.daily);
  const monthly = typed(draft.monthly);
  const percents = draft.percents.trim()
    ? draft.percents
        .trim()
        .split(/[,\s]+/)
        .map(Number)
    : [];
  return {
    ...common,
    block: draft.block,
    ...(daily === undefined ? {} : { dailyLimit: daily }),
    ...(monthly === undefined ? {} : { monthlyLimit: monthly }),
    ...(percents.length > 0 ? { notifyAtPercent: percents } : {}),
  };
}
