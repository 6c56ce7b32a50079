/** Local days of the workspace: `2026-11-20`, reckoned without the browser's own time zone. */

export type Day = string;

const DAY_MS = 86_400_000;

function utc(day: Day): Date {
  return new Date(`${day}T00:00:00Z`);
}

export function isDay(text: string | null | undefined): text is Day {
  return (
    !!text &&
    /^\d{4}-\d\d-\d\d$/.test(text) &&
    !Number.isNaN(utc(text).getTime()) &&
    dayOf(utc(text)) === text
  );
}

function dayOf(date: Date): Day {
  return date.toISOString().slice(0, 10);
}

/** The local day in a time zone at an instant. */
export function localDay(timeZone: string, at: Date = new Date()): Day {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
  return parts.format(at);
}

const WALL = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
} as const;

/** What clocks of a time zone show, as if they were set to UTC. */
function wallOf(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat("en-CA", { ...WALL, timeZone }).formatToParts(at);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return Date.parse(
    `${of("year")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}:${of("second")}Z`,
  );
}

/** The local time, `10:30`, in a time zone at an instant. */
export function localTime(timeZone: string, at: Date): string {
  return new Date(wallOf(timeZone, at.getTime())).toISOString().slice(11, 16);
}

/**
 * The instant of a local day and time, the first of two where clocks go back; null where there is
 * none: no such time, or one that clocks leap over.
 */
export function instantOf(timeZone: string, day: Day, time: string): Date | null {
  if (!isDay(day) || !/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return null;
  const wall = Date.parse(`${day}T${time}:00Z`);
  // Before and after a change of clocks that is near.
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((at) => wallOf(timeZone, at) - at);
  const found = offsets
    .map((offset) => wall - offset)
    .filter((at) => wallOf(timeZone, at) === wall);
  return found.length > 0 ? new Date(Math.min(...found)) : null;
}

export function addDays(day: Day, days: number): Day {
  return dayOf(new Date(utc(day).getTime() + days * DAY_MS));
}

/** How many days a range has, both ends included. */
export function daysBetween(start: Day, end: Day): number {
  return Math.round((utc(end).getTime() - utc(start).getTime()) / DAY_MS) + 1;
}

export function startOfMonth(day: Day): Day {
  return `${day.slice(0, 7)}-01`;
}

/** The first day of the month so many months away. */
export function addMonths(day: Day, months: number): Day {
  const date = utc(startOfMonth(day));
  date.setUTCMonth(date.getUTCMonth() + months);
  return dayOf(date);
}

export function endOfMonth(day: Day): Day {
  return addDays(addMonths(day, 1), -1);
}

/** Of the month before, as many days as this one has had until `today`, or all of a shorter one. */
export function sameDaysBefore(today: Day): { start: Day; end: Day } {
  const start = addMonths(today, -1);
  const [end, last] = [addDays(start, Number(today.slice(8)) - 1), endOfMonth(start)];
  return { start, end: end < last ? end : last };
}

/** 0 for Monday to 6 for Sunday. */
export function weekday(day: Day): number {
  return (utc(day).getUTCDay() + 6) % 7;
}

/** Noon of a day in UTC: for formatters set to UTC. */
export function noon(day: Day): Date {
  return new Date(`${day}T12:00:00Z`);
}

/** The Monday of an ISO week such as `2026-W47`. */
export function mondayOf(week: string): Day {
  const [year = "", number = ""] = week.split("-W");
  const fourth = `${year}-01-04`;
  return addDays(fourth, -weekday(fourth) + (Number(number) - 1) * 7);
}
