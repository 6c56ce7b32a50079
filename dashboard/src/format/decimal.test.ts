import { expect, test } from "vitest";
import { add, compare, type Decimal, divide, growth, subtract, sum, toDecimal } from "./decimal";

const d = (text: string) => text as Decimal;

test.each([
  ["0.1", "0.2", "0.3"],
  ["9007199254740993", "0.000000000001", "9007199254740993.000000000001"],
  ["-1.5", "1.5", "0"],
  ["12.30", "0.70", "13"],
])("%s + %s is %s to the last digit", (a, b, expected) => {
  expect(add(d(a), d(b))).toBe(expected);
});

test("a sum of parts is the whole, and the whole less a part is the rest", () => {
  const parts = ["0.001", "214.424257226", "0.000000000009"].map(d);
  const whole = sum(parts);
  expect(whole).toBe("214.425257226009");
  expect(subtract(whole, d("214.424257226"))).toBe("0.001000000009");
});

test.each([
  ["1", "3", 4, "0.3333"],
  ["2", "3", 4, "0.6667"],
  ["-1", "2", 0, "-1"],
  ["0.125", "1", 2, "0.13"],
  ["5", "0", 2, null],
])("%s ÷ %s to %i places is %s", (a, b, places, expected) => {
  expect(divide(d(a), d(b), places)).toBe(expected);
});

test("growth is the change as a share of before, unknown from nothing", () => {
  expect(growth(d("0.125"), d("0.095"))).toBe("0.3158");
  expect(growth(3, 0)).toBeNull();
});

test("comparing looks at values, not at texts", () => {
  expect(compare(d("10"), d("9.99"))).toBe(1);
  expect(compare(d("1.0"), 1)).toBe(0);
  expect(compare(d("-2"), d("-1"))).toBe(-1);
});

test.each([
  ["1e-7", "0.0000001"],
  ["2.50E+2", "250"],
  ["007.10", "7.1"],
  ["-0.0", "0"],
])("%s is written %s", (typed, expected) => {
  expect(toDecimal(typed)).toBe(expected);
});

test.each(["", "1,5", "abc", "1.", "--1"])("%j is no number", (typed) => {
  expect(() => toDecimal(typed)).toThrow(RangeError);
});
