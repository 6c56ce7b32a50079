import { approximate, type Figure } from "../format/decimal";
import type { Formats } from "../format/formats";

/** A place along the axis: a day, an hour, a month. */
export interface Category {
  key: string;
  /** Short, for the axis. */
  label: string;
  /** In full, for the tip, the table and whoever listens. */
  name?: string;
}

export interface Series {
  key: string;
  name: string;
  /** One figure for each category; null where there is none. */
  values: readonly (Figure | null)[];
  /** Drawn behind and dashed: the period before. */
  previous?: boolean;
}

/** What a chart shows, as its table does. */
export interface ChartData {
  /** The last category goes on still (today): its line is drawn open. */
  unfinished?: boolean;
  categories: readonly Category[];
  series: readonly Series[];
  /** For the axis; `format` unless given. */
  axis?: (value: Figure) => string;
  /** For the tip. */
  format: (value: Figure) => string;
  /** For the table: every digit. */
  exact: (value: Figure) => string;
}

/** Days as places along the axis. */
export function daysAlong(
  days: readonly string[],
  { shortDay, longDay }: Pick<Formats, "shortDay" | "longDay">,
): Category[] {
  return days.map((key) => ({ key, label: shortDay(key), name: longDay(key) }));
}

/** The colour of the nth series that is not "before". */
export function colourOf(series: readonly Series[], index: number): string {
  if (series[index]?.previous) return "var(--previous)";
  const place = series.slice(0, index).filter((one) => !one.previous).length;
  return `var(--series-${(place % 8) + 1})`;
}

/** The highest point there is to draw. */
export function highest({ series }: ChartData, stacked: boolean): number {
  const length = Math.max(0, ...series.map(({ values }) => values.length));
  let most = 0;
  for (let index = 0; index < length; index += 1) {
    const values = series.map(({ values }) => approximate(values[index] ?? 0));
    most = Math.max(most, stacked ? values.reduce((a, b) => a + b, 0) : Math.max(...values));
  }
  return most;
}

/** The lowest point there is to draw; balances may be below zero. */
export function lowest({ series }: ChartData): number {
  return Math.min(0, ...series.flatMap(({ values }) => values.map((one) => approximate(one ?? 0))));
}

/** What a place says, in a sentence. */
export function sentenceOf(data: ChartData, index: number): string {
  const category = data.categories[index];
  if (!category) return "";
  const figures = data.series.flatMap(({ name, values }) => {
    const value = values[index];
    return value === null || value === undefined ? [] : [`${name} ${data.format(value)}`];
  });
  return [category.name ?? category.label, ...figures].join(", ");
}
