import type { Language } from "../i18n/messages";

/** How a calendar names its month. */
export const MONTH: Record<Language, string> = {
  en: "MMMM YYYY",
  th: "MMMM YYYY",
  ko: "YYYY[년] M[월]",
};
