import { expect, test } from "vitest";
import { type Draft, draftOf, fromOf, inputOf, problemsOf } from "./draft";

const NOW = new Date("2026-11-20T09:30:00Z");
const ZONE = "Asia/Bangkok";
const EMPTY = draftOf({ service: " code ", model: "" }, NOW, ZONE);
const BY_TOKENS: Draft = { ...EMPTY, rates: { ...EMPTY.rates, input: "2", output: "10" } };
const FLAT: Draft = { ...EMPTY, kind: "perRequest", perRequest: "0.0050" };

test("rates keep their digits, and those left empty are left out, not zero", () => {
  const rates = { ...BY_TOKENS.rates, input: " 0.000000000001 ", cacheWrite: "0", reasoning: " " };
  expect(inputOf({ ...BY_TOKENS, rates }, ZONE)).toEqual({
    service: "code",
    effectiveFrom: "2026-11-20T09:30:00Z",
    perMillion: { input: "0.000000000001", output: "10", cacheWrite: "0" },
  });
});

test("a flat price is sent without rates that were typed before, and the other way round", () => {
  expect(inputOf({ ...FLAT, rates: BY_TOKENS.rates, model: " gpt " }, ZONE)).toEqual({
    service: "code",
    model: "gpt",
    effectiveFrom: "2026-11-20T09:30:00Z",
    perRequest: "0.005",
  });
  expect(inputOf({ ...BY_TOKENS, perRequest: "1" }, ZONE)).not.toHaveProperty("perRequest");
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
  expect(problemsOf(draft, ZONE)).toEqual(Object.fromEntries(expected));
});

test("of a flat price only its own field is looked at", () => {
  expect(problemsOf(FLAT, ZONE)).toEqual({});
  expect(problemsOf({ ...FLAT, perRequest: " " }, ZONE)).toEqual({
    "/perRequest": "error.field_needed",
  });
  expect(problemsOf({ ...FLAT, service: " ", day: "" }, ZONE)).toEqual({
    "/service": "error.field_needed",
    "/effectiveFrom": "error.field_needed",
  });
});

test("a price begins with this minute of the workspace's clock", () => {
  const late = new Date("2026-11-20T18:30:59.999Z");
  expect(draftOf({ service: "code", model: "" }, late, ZONE)).toMatchObject({
    day: "2026-11-21",
    time: "01:30",
  });
});

test("a time that clocks leap over is told, and one without a time", () => {
  const leapt = { ...FLAT, day: "2026-03-29", time: "02:30" };
  expect(problemsOf(leapt, "Europe/Berlin")).toEqual({ "/effectiveFrom": "error.field_date" });
  expect(problemsOf({ ...FLAT, time: "" }, ZONE)).toEqual({
    "/effectiveFrom": "error.field_needed",
  });
});

test.each(["16:30", " 16.30 ", "1630"])("%s is a time as people type it", (time) => {
  expect(fromOf({ ...EMPTY, time }, ZONE)).toBe("2026-11-20T09:30:00Z");
});

test.each(["16", "24:00", "16:3", "4pm"])("%s is none", (time) => {
  expect(fromOf({ ...EMPTY, time }, ZONE)).toBeNull();
});
