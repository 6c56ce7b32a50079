import { expect, test } from "vitest";
import { localDay } from "../format/dates";
import { type Preset, previousRange, rangeOf, rangeOfPreset } from "./range";

const TODAY = "2026-03-30";

test.each<[Preset, string, string, string, string]>([
  ["today", "2026-03-30", "2026-03-30", "2026-03-29", "2026-03-29"],
  ["yesterday", "2026-03-29", "2026-03-29", "2026-03-28", "2026-03-28"],
  ["7d", "2026-03-24", "2026-03-30", "2026-03-17", "2026-03-23"],
  ["30d", "2026-03-01", "2026-03-30", "2026-01-30", "2026-02-28"],
  ["month", "2026-03-01", "2026-03-30", "2026-02-01", "2026-02-28"],
  ["lastMonth", "2026-02-01", "2026-02-28", "2026-01-01", "2026-01-31"],
])("%s is %s to %s, compared with %s to %s", (preset, start, end, from, to) => {
  const range = rangeOfPreset(preset, TODAY);
  expect(range).toEqual({ preset, start, end });
  expect(previousRange(range)).toEqual({ preset: null, start: from, end: to });
});

test("a month that has begun is compared with the same days of the month before", () => {
  const range = rangeOfPreset("month", "2026-11-10");
  expect(previousRange(range)).toMatchObject({ start: "2026-10-01", end: "2026-10-10" });
});

test.each([
  ["from=2026-01-05&to=2026-01-09", "2026-01-05", "2026-01-09"],
  ["range=7d", "2026-03-24", "2026-03-30"],
  ["from=2026-01-09&to=2026-01-05", "2026-03-01", "2026-03-30"],
  ["from=2026-02-30&to=2026-03-01", "2026-03-01", "2026-03-30"],
  ["from=2020-01-01&to=2026-03-01", "2026-03-01", "2026-03-30"],
  ["range=ever", "2026-03-01", "2026-03-30"],
])("the address ?%s means %s to %s", (address, start, end) => {
  expect(rangeOf(new URLSearchParams(address), TODAY)).toMatchObject({ start, end });
});

test("today is the workspace's day, not the browser's", () => {
  const instant = new Date("2026-11-20T18:30:00Z");
  expect(localDay("Asia/Kathmandu", instant)).toBe("2026-11-21");
  expect(localDay("America/New_York", instant)).toBe("2026-11-20");
});
