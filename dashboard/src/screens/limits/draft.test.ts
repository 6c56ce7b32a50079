import { expect, test } from "vitest";
import type { Decimal } from "../../format/decimal";
import { type Draft, draftOf, inputOf, NEW, problemsOf, type Threshold } from "./draft";

const DAILY: Draft = { ...NEW, daily: "5" };

test.each<[string, Partial<Draft>, object]>([
  ["neither limit", { daily: " " }, { "/dailyLimit": "error.field_needed" }],
  ["a limit in words", { daily: "five" }, { "/dailyLimit": "error.field_number" }],
  ["a limit with a comma", { daily: "1,5" }, { "/dailyLimit": "error.field_number" }],
  ["a limit below zero", { monthly: "-1" }, { "/monthlyLimit": "error.field_notNegative" }],
  ["a percentage in words", { percents: "80, x" }, { "/notifyAtPercent": "error.field_whole" }],
  ["a percentage in part", { percents: "80.5" }, { "/notifyAtPercent": "error.field_whole" }],
  ["a percentage below zero", { percents: "-80" }, { "/notifyAtPercent": "error.field_whole" }],
  ["no percentage", { percents: "" }, {}],
  ["a month's limit alone", { daily: "", monthly: "0.5" }, {}],
  ["no line of a balance", { metric: "balance" }, { "/below": "error.field_needed" }],
  ["what a balance has no use for", { metric: "balance", below: "10", percents: "x" }, {}],
])("%s: %o is told as %o, and nothing is left out in silence", (_, change, problems) => {
  expect(problemsOf({ ...DAILY, ...change })).toEqual(problems);
});

test("limits keep the digits that were typed", () => {
  const input = inputOf({ ...DAILY, daily: " 1234567.123456789012 ", monthly: "0.10" });
  expect(input).toMatchObject({ dailyLimit: "1234567.123456789012", monthlyLimit: "0.1" });
});

test("percentages may stand apart by commas, spaces or both", () => {
  expect(inputOf({ ...DAILY, percents: " 50,80  100 " }).notifyAtPercent).toEqual([50, 80, 100]);
  expect(inputOf({ ...DAILY, percents: " " })).not.toHaveProperty("notifyAtPercent");
});

test("a user is sent where the limit is a user's, and an empty one is each of them", () => {
  expect(inputOf({ ...DAILY, scope: "user", userId: " alice " }).userId).toBe("alice");
  expect(inputOf({ ...DAILY, scope: "user", userId: "  " })).not.toHaveProperty("userId");
  expect(inputOf({ ...DAILY, scope: "workspace", userId: "alice" })).not.toHaveProperty("userId");
});

test("a balance is a user's, has one line, and neither limits nor percentages", () => {
  const input = inputOf({ ...DAILY, metric: "balance", below: "500", block: true, monthly: "9" });
  expect(input).toEqual({
    scope: "user",
    metric: "balance",
    alertEnabled: true,
    block: null,
    below: "500",
  });
});

test("a limit that is opened and saved unchanged is sent as it was", () => {
  const threshold = {
    id: "thr_1",
    scope: "user",
    userId: "alice",
    metric: "cost",
    monthlyLimit: "20.000000000001" as Decimal,
    notifyAtPercent: [80, 100],
    block: true,
    alertEnabled: false,
    createdAt: "",
    updatedAt: "",
  } as Threshold;
  expect(inputOf(draftOf(threshold))).toEqual({
    scope: "user",
    userId: "alice",
    metric: "cost",
    monthlyLimit: "20.000000000001",
    notifyAtPercent: [80, 100],
    block: true,
    alertEnabled: false,
  });
});
