import { expect, test } from "vitest";
import { parseAnswer, writeBody } from "./json";

test("money keeps its digits, counts are numbers", () => {
  const text =
    '{"account":{"balance":41,"month":{"cost":9007199254740993.000000000001,"tokens":7}},"total":3}';
  expect(parseAnswer(text)).toEqual({
    account: { balance: 41, month: { cost: "9007199254740993.000000000001", tokens: 7 } },
    total: 3,
  });
});

test("the same name is money in one place and a count in another", () => {
  const text = '{"transaction":{"amount":1000,"paid":{"amount":10,"currency":"USD"}}}';
  expect(parseAnswer(text)).toEqual({
    transaction: { amount: 1000, paid: { amount: "10", currency: "USD" } },
  });
});

test("whole money is digits, too, also inside lists", () => {
  expect(parseAnswer('{"rows":[{"key":"a","cost":12,"requests":1}]}')).toEqual({
    rows: [{ key: "a", cost: "12", requests: 1 }],
  });
});

test("what a caller put into metadata is nobody's money", () => {
  expect(parseAnswer('{"usageLog":{"cost":1.50,"metadata":{"cost":0.5}}}')).toEqual({
    usageLog: { cost: "1.5", metadata: { cost: 0.5 } },
  });
});

test("money is sent as the number it is; texts that look like numbers stay texts", () => {
  const body = {
    userId: "42",
    note: "7",
    amount: 5,
    paid: { amount: "10.250000000001", currency: "USD" },
  };
  expect(writeBody(body)).toBe(
    '{"userId":"42","note":"7","amount":5,"paid":{"amount":10.250000000001,"currency":"USD"}}',
  );
});
