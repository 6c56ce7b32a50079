import { expect, test } from "vitest";
import { sameDaysBefore } from "./dates";

test.each([
  ["2026-11-21", "2026-10-01", "2026-10-21"],
  ["2026-03-31", "2026-02-01", "2026-02-28"],
  ["2026-01-01", "2025-12-01", "2025-12-01"],
])("%s is compared with %s to %s", (today, start, end) => {
  expect(sameDaysBefore(today)).toEqual({ start, end });
});
