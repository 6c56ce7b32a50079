import { expect, test } from "vitest";
import type { components } from "../../api/generated/schema";
import { type Draft, EMPTY, inputOf, problemsOf, refundOf } from "./draft";

const PURCHASE: Draft = { ...EMPTY, userId: " alice ", amount: " 1000 " };

test("a payment is sent with the digits that were typed", () => {
  const paid = inputOf({ ...PURCHASE, paid: " 1234567.123456789012 " }, "EUR").paid;
  expect(paid).toEqual({ amount: "1234567.123456789012", currency: "EUR" });
  expect(inputOf({ ...PURCHASE, paid: "0.10" }, "USD").paid?.amount).toBe("0.1");
});

test("what another reason would need is not sent", () => {
  const filled: Draft = { ...PURCHASE, paid: "10", refundOf: "tx_1", note: " why " };
  expect(inputOf({ ...filled, reason: "promo" }, "USD")).toEqual({
    userId: "alice",
    amount: 1000,
    reason: "promo",
    note: "why",
  });
  expect(inputOf({ ...filled, reason: "refund" }, "USD")).not.toHaveProperty("paid");
  expect(inputOf({ ...filled, reason: "adjustment", type: "debit" }, "USD")).toMatchObject({
    type: "debit",
  });
});

test.each([
  ["", "error.field_needed"],
  ["   ", "error.field_needed"],
  ["0", "error.field_positive"],
  ["000", "error.field_positive"],
  ["-5", "error.field_whole"],
  ["1.5", "error.field_whole"],
  ["1,000", "error.field_whole"],
  ["1e3", "error.field_whole"],
  ["1234567890123456", "error.field_whole"],
])("an amount of '%s' is not posted", (amount, problem) => {
  expect(problemsOf({ ...PURCHASE, amount })).toEqual({ "/amount": problem });
});

test("the largest amount that is taken arrives exactly", () => {
  const draft = { ...PURCHASE, amount: "999999999999999" };
  expect(problemsOf(draft)).toEqual({});
  expect(JSON.stringify(inputOf(draft, "USD").amount)).toBe("999999999999999");
});

test.each([
  [{ userId: "  " }, { "/userId": "error.field_needed" }],
  [{ paid: "ten" }, { "/paid/amount": "error.field_number" }],
  [{ paid: "-0.01" }, { "/paid/amount": "error.field_notNegative" }],
  [{ paid: "  " }, {}],
  [{ reason: "refund" as const }, { "/refundOf": "error.field_needed" }],
  [{ reason: "adjustment" as const, note: " " }, { "/note": "error.field_needed" }],
  [{ reason: "promo" as const, paid: "ten" }, {}],
])("%o is told before it is read once more", (change, problems) => {
  expect(problemsOf({ ...PURCHASE, ...change })).toEqual(problems);
});

test("a refund begins with the transaction, its user and what is left of it", () => {
  const used = { id: "tx_a_7", userId: "alice", amount: 100 };
  const draft = refundOf(used as components["schemas"]["Transaction"], 40);
  expect(problemsOf(draft)).toEqual({});
  expect(inputOf(draft, "USD")).toEqual({
    userId: "alice",
    amount: 40,
    reason: "refund",
    refundOf: "tx_a_7",
  });
});
