import { expect, test } from "vitest";
import type { Decimal } from "./decimal";
import { makeFormats } from "./formats";

const d = (text: string) => text as Decimal;
const english = makeFormats("en", "USD", "Europe/Berlin");
const korean = makeFormats("ko", "KRW", "Asia/Seoul");
const thai = makeFormats("th", "THB", "Asia/Bangkok");

test.each([
  ["214.424257226", "$214.42"],
  ["0.0047231", "$0.00472"],
  ["0.5", "$0.50"],
  ["0", "$0.00"],
  ["1234567.5", "$1,234,567.50"],
])("money %s reads %s", (value, expected) => {
  expect(english.money(d(value))).toBe(expected);
});

test("less than one of a currency without parts is not rounded to nothing", () => {
  expect(korean.money(d("0.3352"))).toBe("₩0.335");
  expect(korean.money(d("6.04"))).toBe("₩6");
});

test("every digit of money is there when asked for", () => {
  expect(english.exactMoney(d("9007199254740993.000000000001"))).toBe(
    "$9,007,199,254,740,993.000000000001",
  );
});

test("large figures are short, small ones whole", () => {
  expect(english.short(98_116_207)).toBe("98.1M");
  expect(english.short(99_999)).toBe("99,999");
  expect(english.shortMoney(d("1234567.5"))).toBe("$1.23M");
});

test.each([
  ["0.25", "+25%"],
  ["-0.031", "-3.1%"],
  ["20.7858", "×21.8"],
])("a change of %s reads %s", (share, expected) => {
  expect(english.change(d(share))).toBe(expected);
});

test("instants stand in the workspace's time zone, days in none", () => {
  expect(english.time("2026-11-20T23:30:00.000Z")).toContain("21 Nov 2026");
  expect(korean.day("2026-11-20")).toBe("2026. 11. 20.");
  expect(thai.day("2026-11-20")).toBe("20 พ.ย. 2026");
});

test.each([
  ["2026-11-20T14", "20 Nov, 14:00"],
  ["2026-11-20", "20 Nov"],
  ["2026-W47", "16 Nov"],
  ["2026-11", "November 2026"],
])("the key %s reads %s", (key, expected) => {
  expect(english.key(key)).toBe(expected);
});

test("times are told by their distance", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  expect(english.ago("2026-11-20T11:57:00Z", now)).toBe("3 minutes ago");
  expect(english.ago("2026-11-18T12:00:00Z", now)).toBe("2 days ago");
  expect(english.ago("2026-11-20T11:00:30Z", now)).toBe("59 minutes ago");
});

test("a moment of today needs no day, another one does", () => {
  const moment = Date.parse("2026-11-20T13:02:00Z");
  expect(english.clock(moment, moment + 3_600_000)).toBe(
    english.time("2026-11-20T13:02:00Z").slice(-5),
  );
  expect(english.clock(moment, moment + 86_400_000)).toBe(english.time("2026-11-20T13:02:00Z"));
});

test.each([
  ["DE", "Germany"],
  ["ZZ", "Unknown Region"],
  ["unknown", "unknown"],
])("the country %s reads %s", (code, name) => {
  expect(english.country(code)).toBe(name);
});
