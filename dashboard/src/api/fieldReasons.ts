/** What the API says about single fields, recognised, so that it can be said in every language. */

import type { Key } from "../i18n/messages";

type FieldKey = Extract<Key, `error.field_${string}`>;

/** Patterns of the API's messages; a group's text goes into `{value}`. The first that fits counts. */
const PATTERNS: readonly (readonly [RegExp, FieldKey])[] = [
  [/^is needed|must say something|must have at least 1 (character|item)/, "error.field_needed"],
  [/must be (above|greater than) 0\b/, "error.field_positive"],
  [/must not be negative|must be greater than or equal to 0\b/, "error.field_notNegative"],
  [/must be (?:at least|greater than or equal to) ([\d.]+)/, "error.field_atLeast"],
  [/must be (?:at most|less than or equal to) ([\d.]+)/, "error.field_atMost"],
  [/must be a (?:whole number|valid integer)/, "error.field_whole"],
  [/must be a (?:valid |finite )?(?:number|decimal)/, "error.field_number"],
  [/must have (?:at most|no more than) (\d+) (?:decimals|decimal places)/, "error.field_decimals"],
  [/must have at most (\d+) characters?/, "error.field_long"],
  [/must have at least (\d+) characters?/, "error.field_short"],
  [/must have at most (\d+) items?/, "error.field_items"],
  [/must match pattern|must be an id of/, "error.field_characters"],
  [/different from each other|the same twice/, "error.field_different"],
  [/IANA time zone/, "error.field_timezone"],
  [/must be in the future/, "error.field_future"],
  [/must not be before/, "error.field_order"],
  [/at most (\d+) days/, "error.field_days"],
  [/must be (?:a day|a time|an RFC 3339)/, "error.field_date"],
  [/not an account of this workspace/, "error.field_account"],
  [/at most (\d+) credits are left/, "error.field_refundLeft"],
  [/balance would be too large/, "error.field_tooLarge"],
  [/is fixed once/, "error.field_fixed"],
  [/email|address/i, "error.field_address"],
];

export interface FieldReason {
  key: FieldKey;
  value: string;
}

/** What a message means; null when it is one that nobody foresaw. */
export function fieldReasonOf(message: string): FieldReason | null {
  for (const [pattern, key] of PATTERNS) {
    const match = pattern.exec(message);
    if (match) return { key, value: match[1] ?? "" };
  }
  return null;
}
