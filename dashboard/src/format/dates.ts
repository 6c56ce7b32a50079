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
