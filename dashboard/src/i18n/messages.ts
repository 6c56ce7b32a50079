/** Texts by key, typed by the English catalogue: a key that is not there does not compile. */

import type en from "./en";

export const LANGUAGES = { en: "English", th: "ไทย", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;

type English = typeof en;
type Catalogue = { [Area in keyof English]: Record<string, string> };
type WithoutPlural<K extends string> = K extends `${infer Base}_${"one" | "other"}` ? Base : K;
/** `overview.title`; of `users_one` and `users_other` it is `users`, and `count` chooses. */
export type Key = {
  [Area in keyof English]: `${Area}.${WithoutPlural<Extract<keyof English[Area], string>>}`;
}[keyof English];

export type Parameters = Record<string, string | number>;
export type Translate = (key: Key, parameters?: Parameters) => string;

const LOADERS: Record<Language, () => Promise<{ default: Catalogue }>> = {
  en: () => import("./en"),
  th: () => import("./th"),
  ko: () => import("./ko"),
};
const STORED = "tally.language";
const PLACEHOLDER = /\{(\w+)\}/g;

export function isLanguage(text: string | null): text is Language {
  return text !== null && text in LANGUAGES;
}

/** The language chosen before, else the browser's, else English. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((one) => one.slice(0, 2)).find(isLanguage) ?? "en";
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(STORED, language);
}

/** A text split at its places: texts and names of places by turns (`["Hello ", "name", "!"]`). */
export function pieces(text: string): string[] {
  return text.split(PLACEHOLDER);
}

/** Letters and marks of scripts that run from right to left, and what turns text around. */
const TURNING = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufefc]/;

/** A value that may turn what stands around it is kept to itself. */
function kept(value: string | number): string {
  const text = String(value);
  return TURNING.test(text) ? `\u2068${text}\u2069` : text;
}

function lookUp(catalogue: Catalogue, key: string): string | undefined {
  const dot = key.indexOf(".");
  return catalogue[key.slice(0, dot) as keyof Catalogue][key.slice(dot + 1)];
}

export function makeTranslate(language: Language, catalogue: Catalogue): Translate {
  const plurals = new Intl.PluralRules(language);
  return (key, parameters = {}) => {
    const count = Number(parameters["quantity"] ?? parameters["count"]);
    const form = Number.isNaN(count) ? "other" : plurals.select(count);
    const text =
      lookUp(catalogue, key) ??
      lookUp(catalogue, `${key}_${form}`) ??
      lookUp(catalogue, `${key}_other`);
    if (text === undefined) throw new Error(`no text for ${key}`);
    return text.replace(PLACEHOLDER, (whole, name: string) => kept(parameters[name] ?? whole));
  };
}

export async function loadLanguage(language: Language): Promise<Translate> {
  return makeTranslate(language, (await LOADERS[language]()).default);
}
