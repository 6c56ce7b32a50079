/** Ranges of local days: presets that move with the day, or two days that do not. */

import {
  addDays,
  addMonths,
  type Day,
  daysBetween,
  endOfMonth,
  isDay,
  startOfMonth,
} from "../format/dates";

export const PRESETS = ["today", "yesterday", "7d", "30d", "90d", "month", "lastMonth"] as const;
export type Preset = (typeof PRESETS)[number];
export const DEFAULT_PRESET: Preset = "30d";

/** Statistics answer no longer ranges. */
export const MOST_DAYS = 400;

export interface Range {
  preset: Preset | null;
  start: Day;
  end: Day;
}

export function isPreset(text: string | null): text is Preset {
  return PRESETS.some((preset) => preset === text);
}

export function rangeOfPreset(preset: Preset, today: Day): Range {
  const ends = (): [Day, Day] => {
    switch (preset) {
      case "today":
        return [today, today];
      case "yesterday":
        return [addDays(today, -1), addDays(today, -1)];
      case "7d":
        return [addDays(today, -6), today];
      case "30d":
        return [addDays(today, -29), today];
      case "90d":
        return [addDays(today, -89), today];
      case "month":
        return [startOfMonth(today), today];
      case "lastMonth":
        return [addMonths(today, -1), endOfMonth(addMonths(today, -1))];
    }
  };
  const [start, end] = ends();
  return { preset, start, end };
}

/** The range an address names (`range=7d`, or `from` and `to`), else the default. */
export function rangeOf(parameters: URLSearchParams, today: Day): Range {
  const [from, to] = [parameters.get("from"), parameters.get("to")];
  if (isDay(from) && isDay(to) && from <= to && daysBetween(from, to) <= MOST_DAYS) {
    return { preset: null, start: from, end: to };
  }
  const preset = parameters.get("range");
  return rangeOfPreset(isPreset(preset) ? preset : DEFAULT_PRESET, today);
}

/**
 * What a range is compared with: as many days right before it. A month, whole or begun, is compared
 * with the same days of the month before.
 */
export function previousRange(range: Range): Range {
  if (range.preset === "month" || range.preset === "lastMonth") {
    const start = addMonths(range.start, -1);
    const sameDay = addDays(start, daysBetween(range.start, range.end) - 1);
    const last = endOfMonth(start);
    const whole = range.end === endOfMonth(range.start);
    return { preset: null, start, end: whole || sameDay > last ? last : sameDay };
  }
  const days = daysBetween(range.start, range.end);
  return { preset: null, start: addDays(range.start, -days), end: addDays(range.start, -1) };
}
