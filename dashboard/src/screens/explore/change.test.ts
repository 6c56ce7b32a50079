import { expect, test } from "vitest";
import { byRise, earlierOf, figureOf } from "./change";

const BEFORE = {
  rows: [
    { key: "a", errors: 4, errorRate: 0.1 },
    { key: "b", errors: 9, errorRate: 0.02, tokens: { total: 7 } },
  ],
  truncated: false,
};
const NOW = [
  { key: "a", errors: 5, errorRate: 0.12 },
  { key: "b", errors: 4, errorRate: 0.08 },
  { key: "new", errors: 3, errorRate: 0.5 },
];

test("who was not there before had a sum of nothing, but no mean", () => {
  expect(earlierOf(BEFORE, "new", "errors")).toBe(0);
  expect(earlierOf(BEFORE, "new", "errorRate")).toBeNull();
});

test("of an answer whose smallest rows were left out, who is not there may have been", () => {
  expect(earlierOf({ ...BEFORE, truncated: true }, "new", "errors")).toBeNull();
});

test("tokens are their total, and what is not kept is nothing", () => {
  expect(figureOf(BEFORE.rows[1] ?? {}, "tokens")).toBe(7);
  expect(figureOf(BEFORE.rows[0] ?? {}, "tokens")).toBeNull();
});

test.each([
  ["errors", ["new", "a", "b"]],
  ["errorRate", ["b", "a", "new"]],
] as const)("what %s rose most of comes first, what nobody knows of last", (metric, keys) => {
  expect(byRise(NOW, BEFORE, metric).map(({ key }) => key)).toEqual(keys);
});
