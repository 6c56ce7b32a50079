import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { serve } from "../../test/api";
import { renderScreen } from "../../test/render";
import { Component } from "./index";

/** The API's own words: English, whoever reads. */
const WORDS = { proposal: "Say it in English.", basis: "It adds up in English." };
const BILL = {
  lines: [
    { item: "input", quantity: 9_454_533, rate: 0.000002, cost: 18.909066 },
    { item: "request", quantity: 3, rate: 0.1, cost: 0.3 },
  ],
  cost: 19.209066,
};
const BOOK = { priceBook: "2026-11", matched: { vendor: "maker", model: "m-2" } };
const SAVINGS = {
  savings: [
    {
      ...WORDS,
      kind: "cheaper_model",
      service: "code",
      model: "m-1",
      currentCost: 71.5,
      proposedCost: 19.209066,
      saving: 52.290934,
      grounds: { proposedModel: "m-2", proposedBill: BILL, ...BOOK },
    },
    {
      ...WORDS,
      kind: "cached_input",
      service: "code",
      model: "m-1",
      currentCost: 71.5,
      proposedCost: 71,
      saving: 0.5,
      grounds: {
        like: {
          service: "chat",
          model: "m-3",
          input: 3_782_271,
          cachedInput: 1_688_817,
          cacheWrite: 0,
          requests: 2306,
          share: 0.446509,
        },
        currentBill: BILL,
        proposedBill: { ...BILL, exchangeRate: 0.5 },
      },
    },
    {
      ...WORDS,
      kind: "failed_requests",
      service: "code",
      model: null,
      currentCost: 2.009775,
      proposedCost: 0,
      saving: 2.009775,
      grounds: { errors: 59, requests: 1863 },
    },
  ],
  totals: { currentCost: 73.509775, saving: 54.300709 },
  currency: "USD",
  truncated: true,
};
const BASIS = {
  spent: 153.084632739,
  toCome: 64.87,
  shapeWeeks: 8,
  levelWeeks: 2,
  replayedStretches: 22,
  stretchDays: 7,
  replayedWeeks: 4,
  lowRatio: 0.94,
  highRatio: 1.3,
  creditDays: 28,
  runOutDays: 90,
  askedUsers: 40,
  activeUsers: 41,
  activeDays: 7,
};
const FORECAST = {
  monthEndCost: 217.954632739,
  low: 214,
  high: 237.5,
  method: "How it was reckoned, in English.",
  basis: BASIS,
  creditRunOut: [{ userId: "alice", date: "2026-11-24" }],
  currency: "USD",
};

function answer(basis: object = {}) {
  serve({
    "/api/analytics/savings": SAVINGS,
    "/api/analytics/forecast": { forecast: { ...FORECAST, basis: { ...BASIS, ...basis } } },
  });
}

/** What stands in every language: services, models, users, vendors. */
const NAMES = /m-\d|code|chat|maker|alice/g;

test.each([
  ["th", 0],
  ["th", 22],
  ["ko", 0],
  ["ko", 22],
] as const)(
  "nothing is said in English in %s, of %i replayed stretches",
  async (language, found) => {
    answer({ replayedStretches: found });
    await renderScreen(<Component />, { at: "/insights", language });
    await screen.findByText(/m-2 .*m-1|m-1 .*m-2/);
    const left = screen
      .getByRole("main")
      .textContent.replaceAll(NAMES, "")
      .match(/[A-Za-z]{2,}/g);
    expect(left).toBeNull();
  },
);

test("the arithmetic shows every digit, line by line, and what it comes to", async () => {
  answer();
  await renderScreen(<Component />, { at: "/insights" });
  const [first] = await screen.findAllByText("Arithmetic");
  if (!first) throw new Error("no arithmetic");
  await userEvent.click(first);
  expect(screen.getAllByText("9,454,533")[0]).toBeDefined();
  expect(screen.getAllByText("$18.909066")[0]).toBeDefined();
  expect(screen.getByText("$71.50 − $19.209066 = $52.290934")).toBeDefined();
  expect(screen.getByText("Prices: 2026-11, maker · m-2")).toBeDefined();
  expect(screen.getByText("Prices: the workspace's own")).toBeDefined();
  expect(screen.getByText("Sum × 0.5")).toBeDefined();
  expect(screen.getByText("Smaller ones are left out.")).toBeDefined();
});
