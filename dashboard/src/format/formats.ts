/** How figures, dates and times read, by language, currency and the workspace's time zone. */

import { add, approximate, compare, type Figure } from "./decimal";
import { type Day, localDay, mondayOf, noon } from "./dates";

/** `Intl` takes digits as text and keeps every one of them. */
function digits(value: Figure): Intl.StringNumericLiteral {
  return String(value) as Intl.StringNumericLiteral;
}

/** Thai dates in the calendar that the exports and the picker use, too. */
const LOCALES: Record<string, string> = {
  th: "th-TH-u-ca-gregory-nu-latn",
  ko: "ko-KR",
  en: "en-GB",
};

/** No amount of the API has more places. */
const MOST_PLACES = 12;
const SHORT_FROM = 100_000;
const AXIS_SHORT_FROM = 10_000;
/** From this growth on a percentage says less than how many times it is. */
const MANIFOLD = 9;

const COUNTRY = /^[A-Z]{2}$/;

/** How a chart writes its figures: on the axis, in the tip, in the table. */
export interface Scale {
  axis: (value: Figure) => string;
  format: (value: Figure) => string;
  exact: (value: Figure) => string;
}

export interface Formats {
  /** For charts: `data={{ categories, series, ...formats.moneyScale }}`. */
  moneyScale: Scale;
  countScale: Scale;
  /** `14,518`: every digit. */
  count: (value: Figure) => string;
  /** `98.1M` from a hundred thousand on, else every digit. */
  short: (value: Figure) => string;
  /** `$214.42`, `$0.00472`: as many places as say something. */
  money: (value: Figure) => string;
  /** `$214.424257226`: every digit there is. */
  exactMoney: (value: Figure) => string;
  /** `$98.1K` from a hundred thousand on: for axes and large figures. */
  shortMoney: (value: Figure) => string;
  /** A share from 0 to 1 as `3.14%`. */
  percent: (share: Figure, places?: number) => string;
  /** A change with its sign: `+12.4%`, or `×21.8` when it is tenfold and more. */
  change: (share: Figure) => string;
  /** With its sign: `+1,000`, `−27`. */
  signed: (value: Figure) => string;
  /** Milliseconds as `840 ms` or `6.7 s`. */
  duration: (milliseconds: Figure) => string;
  /** Bytes as `2.9 kB`. */
  bytes: (value: Figure) => string;
  /** `20 Nov 2026`. */
  day: (day: Day) => string;
  /** `20 Nov`. */
  shortDay: (day: Day) => string;
  /** `Fri, 20 Nov 2026`. */
  longDay: (day: Day) => string;
  /** `November 2026` of `2026-11`. */
  month: (month: string) => string;
  /** `Nov` of `2026-11`. */
  shortMonth: (month: string) => string;
  /** `14:00` of 14. */
  hour: (hour: number) => string;
  /** `Mon` of 0 to `Sun` of 6. */
  weekday: (index: number) => string;
  /** `20 Nov 2026, 10:30` in the workspace's time zone. */
  time: (instant: string) => string;
  /** With seconds and zone, for tooltips and details. */
  exactTime: (instant: string) => string;
  /** `14:02` of a moment in milliseconds; with its day when that is another one than today. */
  clock: (moment: number, now?: number) => string;
  /** `3 minutes ago`. */
  ago: (instant: string, now?: number) => string;
  /** The key of a time series, whatever its step: `2026-11-20T14`, `2026-11-20`, `2026-W47`, `2026-11`. */
  key: (key: string) => string;
  range: (start: Day, end: Day) => string;
  /** `Germany` of `DE`; a code that stands for no country stays as it is. */
  country: (code: string) => string;
}

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const SIZES = [
  ["megabyte", 1_000_000],
  ["kilobyte", 1_000],
  ["byte", 1],
] as const;

export function localeOf(language: string): string {
  return LOCALES[language] ?? language;
}

/** The formats of a language, currency and time zone; made once for each (`useFormats`). */
export function makeFormats(language: string, currency: string, timeZone: string): Formats {
  const locale = localeOf(language);
  // British dates, but 98.1M rather than 98.1m.
  const figures = language === "en" ? "en-US" : locale;
  const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(figures, options);
  const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
  const utc = (options: Intl.DateTimeFormatOptions) => date({ ...options, timeZone: "UTC" });
  const inMoney = { style: "currency", currency, currencyDisplay: "narrowSymbol" } as const;
  const compact = { notation: "compact", maximumSignificantDigits: 3 } as const;

  const count = number({ maximumFractionDigits: MOST_PLACES });
  const short = number(compact);
  const money = number(inMoney);
  const hasParts = (money.resolvedOptions().maximumFractionDigits ?? 0) > 0;
  const smallMoney = number({
    ...inMoney,
    maximumSignificantDigits: 3,
    minimumSignificantDigits: 2,
  });
  const exactMoney = number({ ...inMoney, maximumFractionDigits: MOST_PLACES });
  const shortMoney = number({ ...inMoney, ...compact });
  const signed = number({ signDisplay: "exceptZero", maximumFractionDigits: MOST_PLACES });
  const change = number({ style: "percent", signDisplay: "exceptZero", maximumFractionDigits: 1 });
  const manifold = number({ maximumSignificantDigits: 3 });
  const axisMoney = number({ ...inMoney, ...compact, minimumFractionDigits: 0 });
  const seconds = number({
    style: "unit",
    unit: "second",
    unitDisplay: "narrow",
    maximumFractionDigits: 1,
  });
  const milliseconds = number({
    style: "unit",
    unit: "millisecond",
    unitDisplay: "short",
    maximumFractionDigits: 0,
  });
  const day = utc({ dateStyle: "medium" });
  const shortDay = utc({ day: "numeric", month: "short" });
  const longDay = utc({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
  const month = utc({ month: "long", year: "numeric" });
  const shortMonth = utc({ month: "short" });
  const weekday = utc({ weekday: "short" });
  const time = date({ dateStyle: "medium", timeStyle: "short", timeZone });
  const clock = date({ timeStyle: "short", timeZone });
  const exactTime = date({ dateStyle: "medium", timeStyle: "medium", timeZone });
  const zone = date({ timeZoneName: "short", timeZone });
  const countries = new Intl.DisplayNames(locale, { type: "region" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

  const isLarge = (value: Figure) =>
    compare(value, SHORT_FROM) >= 0 || compare(value, -SHORT_FROM) <= 0;
  const isSmall = (value: Figure) =>
    compare(value, 0) !== 0 && compare(value, 1) < 0 && compare(value, -1) > 0;

  const formats: Omit<Formats, "moneyScale" | "countScale"> = {
    count: (value) => count.format(digits(value)),
    short: (value) => (isLarge(value) ? short : count).format(digits(value)),
    money: (value) => {
      if (!isSmall(value)) return money.format(digits(value));
      // Won and yen have no parts to be told in.
      const tenths = compare(value, "0.1" as Figure) >= 0 || compare(value, "-0.1" as Figure) <= 0;
      return (tenths && hasParts ? money : smallMoney).format(digits(value));
    },
    exactMoney: (value) => exactMoney.format(digits(value)),
    shortMoney: (value) =>
      isLarge(value) ? shortMoney.format(digits(value)) : formats.money(value),
    percent: (share, places = 1) =>
      number({ style: "percent", maximumFractionDigits: places }).format(digits(share)),
    change: (share) =>
      compare(share, MANIFOLD) < 0
        ? change.format(digits(share))
        : `×${manifold.format(digits(add(share, 1)))}`,
    signed: (value) => signed.format(digits(value)),
    duration: (value) =>
      compare(value, 1000) < 0
        ? milliseconds.format(digits(value))
        : seconds.format(approximate(value) / 1000),
    bytes: (value) => {
      const [unit, size] = SIZES.find(([, size]) => compare(value, size) >= 0) ?? SIZES[2];
      return number({ style: "unit", unit, maximumFractionDigits: 1 }).format(
        approximate(value) / size,
      );
    },
    day: (value) => day.format(noon(value)),
    shortDay: (value) => shortDay.format(noon(value)),
    longDay: (value) => longDay.format(noon(value)),
    month: (value) => month.format(noon(`${value}-01`)),
    shortMonth: (value) => shortMonth.format(noon(`${value}-01`)),
    hour: (hour) => `${String(hour).padStart(2, "0")}:00`,
    // The fifth of January 1970 was a Monday.
    weekday: (index) => weekday.format(noon(`1970-01-${String(5 + index).padStart(2, "0")}`)),
    time: (instant) => time.format(new Date(instant)),
    // Thai would spell the hours out if it were asked for the zone, too.
    exactTime: (instant) => {
      const at = new Date(instant);
      const name = zone.formatToParts(at).find(({ type }) => type === "timeZoneName");
      return `${exactTime.format(at)} ${name?.value ?? timeZone}`;
    },
    clock: (moment, now = Date.now()) =>
      (localDay(timeZone, new Date(moment)) === localDay(timeZone, new Date(now))
        ? clock
        : time
      ).format(moment),
    ago: (instant, now = Date.now()) => {
      const gone = (Date.parse(instant) - now) / 1000;
      const [unit, size] = UNITS.find(([, size]) => Math.abs(gone) >= size) ?? ["second", 1];
      return relative.format(Math.trunc(gone / size), unit);
    },
    key: (key) => {
      if (key.includes("T"))
        return `${shortDay.format(noon(key.slice(0, 10)))}, ${key.slice(11)}:00`;
      if (key.includes("W")) return shortDay.format(noon(mondayOf(key)));
      return key.length === 7 ? formats.month(key) : formats.shortDay(key);
    },
    range: (start, end) => day.formatRange(noon(start), noon(end)),
    country: (code) => (COUNTRY.test(code) ? (countries.of(code) ?? code) : code),
  };
  return {
    ...formats,
    moneyScale: {
      axis: (value) => axisMoney.format(digits(value)),
      format: formats.shortMoney,
      exact: formats.exactMoney,
    },
    countScale: {
      axis: (value) => (compare(value, AXIS_SHORT_FROM) < 0 ? count : short).format(digits(value)),
      format: formats.short,
      exact: formats.count,
    },
  };
}
