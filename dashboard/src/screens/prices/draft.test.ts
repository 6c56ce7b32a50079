import { expect, test } from "vitest";
import { type Draft, draftOf, inputOf, problemsOf } from "./draft";

const NOW = new Date("2026-11-20T09:30:00Z");
const EMPTY = draftOf({ service: " code ", model: "" }, NOW);
const BY_TOKENS: Draft = { ...EMPTY, rates: { ...EMPTY.rates, input: "2", output: "10" } };
const FLAT: Draft = { ...EMPTY, kind: "perRequest", perRequest: "0.0050" };

test("rates keep their digits, and those left empty are left out, not zero", () => {
  const rates = { ...BY_TOKENS.rates, input: " 0.000000000001 ", cacheWrite: "0", reasoning: " " };
  expect(inputOf({ ...BY_TOKENS, rates })).toEqual({
    service: "code",
    effectiveFrom: "2026-11-20T09:30:00Z",
    perMillion: { input: "0.000000000001", output: "10", cacheWrite: "0" },
  });
});

test("a flat price is sent without rates that were typed before, and the other way round", () => {
  expect(inputOf({ ...FLAT, rates: BY_TOKENS.rates, model: " gpt " })).toEqual({
    service: "code",
    model: "gpt",
    effectiveFrom: "2026-11-20T09:30:00Z",
    perRequest: "0.005",
  });
  expect(inputOf({ ...BY_TOKENS, perRequest: "1" })).not.toHaveProperty("perRequest");
});

test.each<[string, Draft, object]>([
  ["no output", { ...EMPTY, rates: { ...EMPTY.rates, input: "1" } }, { output: "needed" }],
  [
    "a rate in words",
    { ...BY_TOKENS, rates: { ...BY_TOKENS.rates, reasoning: "free" } },
    { reasoning: "number" },
  ],
  [
    "a rate below zero",
    { ...BY_TOKENS, rates: { ...BY_TOKENS.rates, cachedInput: "-0.1" } },
    { cachedInput: "notNegative" },
  ],
])("%s is told", (_, draft, told) => {
  const expected = Object.entries(told).map(([name, why]) => [
    `/perMillion/${name}`,
    `error.field_${why as string}`,
  ]);
  expect(problemsOf(draft)).toEqual(Object.fromEntries(expected));
});

test("of a flat price only its own field is looked at", () => {
  expect(problemsOf(FLAT)).toEqual({});
  expect(problemsOf({ ...FLAT, perRequest: " " })).toEqual({ "/perRequest": "error.field_needed" });
  expect(problemsOf({ ...FLAT, service: " ", effectiveFrom: "" })).toEqual({
    "/service": "error.field_needed",
    "/effectiveFrom": "error.field_needed",
  });
});
