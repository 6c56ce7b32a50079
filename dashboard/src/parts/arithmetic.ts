/** A receipt's arithmetic, taken apart: its figures are the API's, its few words the reader's. */

import type { Translate } from "../i18n/messages";

const STATED = /^(\S+) as stated$/;
const ROUNDED = /^(.+), rounded to (\d+) decimals, = (\S+)$/;
const PARTS = /^(?:cost (.+)|no price found, cost 0); credits (.+)$/;

function said(t: Translate, arithmetic: string): string {
  const stated = STATED.exec(arithmetic)?.[1];
  if (stated !== undefined) return t("usage.stated", { figure: stated });
  const [, terms, places, result] = ROUNDED.exec(arithmetic) ?? [];
  if (terms === undefined || places === undefined) return arithmetic;
  return `${t("usage.rounded", { terms, places })} = ${result ?? ""}`;
}

/** How a receipt's cost and its credits follow, in the reader's language; null for other words. */
export function arithmeticOf(
  t: Translate,
  arithmetic: string,
): { cost: string; credits: string } | null {
  const match = PARTS.exec(arithmetic);
  if (!match) return null;
  const [, cost, credits = ""] = match;
  return {
    cost: cost === undefined ? t("usage.noPrice") : said(t, cost),
    credits: said(t, credits),
  };
}
