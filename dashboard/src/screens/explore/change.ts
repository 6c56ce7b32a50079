/** What became of each row since the range before: its figure then, and in which order rows rose. */

import { compare, type Figure, subtract } from "../../format/decimal";
import type { Good } from "../../ui/Stat";
import { isSum, type Measure } from "./question";

export interface Row {
  key: string | null;
}

/** An answer about the range before. */
export interface Before {
  rows: readonly Row[];
  truncated?: boolean | undefined;
}

/** More of these is good news, or bad; of the others it is neither. */
const NEWS: Partial<Record<Measure, Good>> = {
  requests: "up",
  errors: "down",
  errorRate: "down",
  averageResponseTimeMs: "down",
  p95ResponseTimeMs: "down",
  tokensPerSecond: "up",
};

export function newsOf(metric: Measure): Good {
  return NEWS[metric] ?? "neither";
}

/** What of a row is measured; null where it is not kept. */
export function figureOf(row: object, metric: Measure): Figure | null {
  const measures = row as Partial<Record<Measure, Figure | { total: number }>>;
  const figure = measures[metric];
  if (figure === undefined) return null;
  return typeof figure === "object" ? figure.total : figure;
}

/**
 * The figure of the same key in the range before. Who was not there had a sum of nothing, but no
 * mean; and of an answer whose smallest rows were left out, nobody knows.
 */
export function earlierOf(before: Before, key: string | null, metric: Measure): Figure | null {
  const row = before.rows.find((one) => one.key === key);
  if (row) return figureOf(row, metric);
  return before.truncated || !isSum(metric) ? null : 0;
}

/** The rows by how much they rose, most first; those of which it is not known come last. */
export function byRise<R extends Row>(rows: readonly R[], before: Before, metric: Measure): R[] {
  const rise = (row: R) => {
    const [now, earlier] = [figureOf(row, metric), earlierOf(before, row.key, metric)];
    return now === null || earlier === null ? null : subtract(now, earlier);
  };
  const risen = new Map(rows.map((row) => [row, rise(row)]));
  return [...rows].sort((a, b) => {
    const [left, right] = [risen.get(a) ?? null, risen.get(b) ?? null];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return compare(right, left);
  });
}
