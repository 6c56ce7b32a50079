import { expect, test } from "vitest";
import { loadLanguage } from "../i18n/messages";
import { arithmeticOf } from "./arithmetic";

const CREDITS = "⌈0.26 ÷ 0.001⌉ = 260";

test.each([
  ["cost 100 × 0.002 + 3 × 0.02 = 0.26", "100 × 0.002 + 3 × 0.02 = 0.26"],
  ["cost 0.26 as stated", "0.26 ตามที่ผู้เรียกแจ้ง"],
  ["no price found, cost 0", "ไม่พบราคา: 0"],
  [
    "cost (100 × 0.002) × 34.5, rounded to 12 decimals, = 6.9",
    "(100 × 0.002) × 34.5 ปัดเศษเป็นทศนิยม 12 ตำแหน่ง = 6.9",
  ],
])("of '%s' every word is the reader's and every figure stays", async (cost, said) => {
  const t = await loadLanguage("th");
  expect(arithmeticOf(t, `${cost}; credits ${CREDITS}`)).toEqual({ cost: said, credits: CREDITS });
});

test("credits may have been stated, too", async () => {
  const t = await loadLanguage("ko");
  expect(arithmeticOf(t, "cost 1 as stated; credits 5 as stated")).toEqual({
    cost: "1, 호출자가 알린 값",
    credits: "5, 호출자가 알린 값",
  });
});

test("words that nobody foresaw are not guessed at", async () => {
  expect(arithmeticOf(await loadLanguage("en"), "a gift")).toBeNull();
});
