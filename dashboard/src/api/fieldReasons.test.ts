import { expect, test } from "vitest";
import { loadLanguage } from "../i18n/messages";
import { fieldReasonOf } from "./fieldReasons";

/** As the API words them. */
const MESSAGES = [
  ["is needed for an adjustment", "จำเป็นต้องระบุ"],
  ["must be above 0", "ต้องมากกว่า 0"],
  ["must be greater than or equal to 1", "อย่างน้อย 1"],
  ["must be less than or equal to 100", "ไม่เกิน 100"],
  ["must be a valid integer", "ต้องเป็นจำนวนเต็ม"],
  ["must have at most 12 decimals", "ทศนิยมไม่เกิน 12 ตำแหน่ง"],
  ["must have at most 128 characters", "ไม่เกิน 128 ตัวอักษร"],
  ["must match pattern '^[a-z]$'", "ใช้ได้เฉพาะตัวอักษร ตัวเลข และ . _ : @ -"],
  ["must be an IANA time zone, like Europe/Berlin", "ไม่พบเขตเวลานี้"],
  ["the range has at most 31 days", "ไม่เกิน 31 วัน"],
  ["is not an account of this workspace", "ไม่พบผู้ใช้นี้ในพื้นที่ทำงาน"],
  ["at most 7 credits are left to refund", "คืนได้อีกไม่เกิน 7 เครดิต"],
] as const;

test.each(MESSAGES)("%s is said in Thai", async (message, expected) => {
  const t = await loadLanguage("th");
  const reason = fieldReasonOf(message);
  expect(reason && t(reason.key, { value: reason.value })).toBe(expected);
});

test("what nobody foresaw is told apart", () => {
  expect(fieldReasonOf("must rhyme")).toBeNull();
});
