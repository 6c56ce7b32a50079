/** What a form finds wrong by itself, before anything is sent. */

import type { Key } from "../i18n/messages";
import { compare, typed } from "./decimal";

/** By the pointer of the member that a field stands for. */
export type Problems = Partial<Record<string, Extract<Key, `error.field_${string}`>>>;
type Problem = Problems[string];

/** What keeps a text from being a figure; an empty one is a problem where it is needed only. */
export function figureProblem(text: string, needed = false): Problem {
  if (!text.trim()) return needed ? "error.field_needed" : undefined;
  const figure = typed(text);
  if (figure === undefined) return "error.field_number";
  return compare(figure, 0) < 0 ? "error.field_notNegative" : undefined;
}

/** What keeps a text from being a whole number above zero, of no more digits than are exact. */
export function wholeProblem(text: string): Problem {
  const trimmed = text.trim();
  if (!trimmed) return "error.field_needed";
  if (!/^\d{1,15}$/.test(trimmed)) return "error.field_whole";
  return Number(trimmed) === 0 ? "error.field_positive" : undefined;
}

/** Those of some fields that have one. */
export function problemsAmong(found: Record<string, Problem>): Problems {
  return Object.fromEntries(Object.entries(found).filter(([, problem]) => problem));
}
