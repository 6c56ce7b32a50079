import { expect, test } from "vitest";
import { instantOf, localDay, localTime, sameDaysBefore } from "./dates";

test.each([
  ["2026-11-21", "2026-10-01", "2026-10-21"],
  ["2026-03-31", "2026-02-01", "2026-02-28"],
  ["2026-01-01", "2025-12-01", "2025-12-01"],
])("%s is compared with %s to %s", (today, start, end) => {
  expect(sameDaysBefore(today)).toEqual({ start, end });
});

test.each([
  ["UTC", "2026-11-20", "09:30", "2026-11-20T09:30:00.000Z"],
  ["Asia/Bangkok", "2026-11-20", "00:00", "2026-11-19T17:00:00.000Z"],
  ["America/New_York", "2026-11-20", "23:59", "2026-11-21T04:59:00.000Z"],
  ["Asia/Kathmandu", "2026-11-20", "05:45", "2026-11-20T00:00:00.000Z"],
  ["Europe/Berlin", "2026-07-01", "10:00", "2026-07-01T08:00:00.000Z"],
  ["Pacific/Apia", "2026-11-20", "12:00", "2026-11-19T23:00:00.000Z"],
])("in %s %s %s is an instant, which reads the same again", (zone, day, time, instant) => {
  const at = instantOf(zone, day, time);
  expect(at?.toISOString()).toBe(instant);
  expect([localDay(zone, new Date(instant)), localTime(zone, new Date(instant))]).toEqual([
    day,
    time,
  ]);
});

test("a time that clocks show twice is the first of the two, one that they leap over is none", () => {
  const berlin = (day: string, time: string) => instantOf("Europe/Berlin", day, time);
  expect(berlin("2026-10-25", "02:30")?.toISOString()).toBe("2026-10-25T00:30:00.000Z");
  expect(berlin("2026-03-29", "02:30")).toBeNull();
  expect(berlin("2026-03-29", "03:30")?.toISOString()).toBe("2026-03-29T01:30:00.000Z");
});

test.each([
  ["2026-02-30", "10:00"],
  ["2026-11-20", "24:00"],
  ["2026-11-20", "9:30"],
  ["", "09:30"],
  ["2026-11-20", ""],
])("%s %s is no day and time", (day, time) => {
  expect(instantOf("UTC", day, time)).toBeNull();
});
