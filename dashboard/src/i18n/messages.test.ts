import { expect, test } from "vitest";
import { loadLanguage } from "./messages";

test.each([
  ["a mark that turns text around", "\u202elana", "\u2068\u202elana\u2069"],
  ["a name from right to left", "מונה", "\u2068מונה\u2069"],
  ["any other text", "Ana", "Ana"],
])("%s ends where the value ends", async (_, name, shown) => {
  const t = await loadLanguage("en");
  expect(t("keys.rotateTitle", { name })).toBe(`Replace ${shown}`);
});
