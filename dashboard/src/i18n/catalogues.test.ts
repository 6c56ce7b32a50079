import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import en from "./en";
import ko from "./ko";
import th from "./th";

type Catalogue = Record<string, Record<string, string>>;
const LANGUAGES: Record<string, Catalogue> = { en, th, ko };
const SOURCES = join(import.meta.dirname, "..");

/** Words that are the same in every language: names, formats, units. */
const NAMES =
  /\b(Tally|API|CSV|JSON|Lines|Parquet|SHA-256|UTC|ID|IP|p95|URL|USD|ms|x|acct|AI|e\.g|YYYY-MM|HTTP)\b/g;

function keysOf(catalogue: Catalogue): string[] {
  return Object.entries(catalogue)
    .flatMap(([area, texts]) => Object.keys(texts).map((key) => `${area}.${key}`))
    .sort();
}

function texts(catalogue: Catalogue): [string, string][] {
  return Object.entries(catalogue).flatMap(([area, all]) =>
    Object.entries(all).map(([key, text]): [string, string] => [`${area}.${key}`, text]),
  );
}

function placesOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).sort();
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/\.test\.tsx?$/.test(file) && !file.includes("generated"));
}

test.each(["th", "ko"])("%s has every text that English has, and no other", (language) => {
  expect(keysOf(LANGUAGES[language] ?? {})).toEqual(keysOf(en));
});

test.each(["th", "ko"])("%s has the same places in every text", (language) => {
  const english = new Map(texts(en));
  const different = texts(LANGUAGES[language] ?? {}).filter(
    ([key, text]) => String(placesOf(text)) !== String(placesOf(english.get(key) ?? "")),
  );
  expect(different).toEqual([]);
});

test.each(["th", "ko"])("%s has no English left", (language) => {
  const left = texts(LANGUAGES[language] ?? {}).filter(([, text]) =>
    /[A-Za-z]{2,}/.test(text.replaceAll(/\{\w+\}/g, "").replaceAll(NAMES, "")),
  );
  expect(left).toEqual([]);
});

test.each(["en", "th", "ko"])("in %s a screen is named as the navigation names it", (language) => {
  const { nav = {}, ...areas } = LANGUAGES[language] ?? {};
  const titles = Object.entries(areas).flatMap(([area, { title }]) =>
    title !== undefined && area in nav ? [[area, title]] : [],
  );
  expect(titles.length).toBeGreaterThan(10);
  expect(titles).toEqual(titles.map(([area = ""]) => [area, nav[area]]));
});

test("every text is used", () => {
  const source = sourceFiles(SOURCES)
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  // `error.${code}` uses everything that begins with `error.`.
  const prefixes = [...source.matchAll(/`([a-z]+\.\w*)\$\{/g)].map(([, prefix = ""]) => prefix);
  const unused = keysOf(en).filter((key) => {
    const base = key.replace(/_(one|other)$/, "");
    const spoken = [key, base].some((name) => source.includes(`"${name}"`));
    return !spoken && !prefixes.some((prefix) => prefix && key.startsWith(prefix));
  });
  expect(unused).toEqual([]);
});
