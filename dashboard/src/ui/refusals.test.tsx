import { readFileSync } from "node:fs";
import { join } from "node:path";
import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { useApiQuery } from "../api/context";
import type { Language } from "../i18n/messages";
import { refusal, serve } from "../test/api";
import { renderScreen } from "../test/render";
import { Loaded } from "./Loaded";

const DOCUMENT = join(import.meta.dirname, "../../../functions/edge/openapi.json");
const { components } = JSON.parse(readFileSync(DOCUMENT, "utf8")) as {
  components: { schemas: { ErrorCode: { enum: string[] } } };
};
const CODES = components.schemas.ErrorCode.enum;

/** English of the API, which nobody should read. */
const WORDS = { title: "Server title", detail: "Server detail", balance: 3, required: 5 };

function Screen() {
  const account = useApiQuery("/api/accounts/me", {});
  return <Loaded query={account}>{() => null}</Loaded>;
}

async function shown(answer: Response, language: Language): Promise<string> {
  serve({ "/api/accounts/me": answer });
  const { unmount } = await renderScreen(<Screen />, { role: "user", language });
  const text = (await screen.findByRole("alert")).textContent;
  unmount();
  return text;
}

test.each(["th", "ko"] as const)("every refusal of the API reads in %s", async (language) => {
  for (const code of [...CODES, "a_code_of_tomorrow"]) {
    const text = await shown(refusal(422, code, WORDS), language);
    expect({ code, english: /[A-Za-z]{2,}/.exec(text.replace(/UTC|ID/g, ""))?.[0] }).toEqual({
      code,
      english: undefined,
    });
  }
});

test.each([
  [403, "Your role may not do this."],
  [429, "Too many requests. Wait a moment."],
  [503, "The service is not available right now. Try again."],
  [418, "Something went wrong. Try again."],
])("what a gateway answers with %i is said by its status", async (status, words) => {
  const answer = Response.json({ message: "Gateway words" }, { status });
  const text = await shown(answer, "en");
  expect(text).toContain(words);
  expect(text).not.toContain("Gateway");
});
