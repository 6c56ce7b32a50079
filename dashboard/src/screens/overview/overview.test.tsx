import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { refusal, serve } from "../../test/api";
import { renderScreen } from "../../test/render";
import { Component } from "./index";

const TOKENS = { input: 80, output: 20, cachedInput: 0, cacheWrite: 0, reasoning: 0, total: 100 };
const MEASURES = {
  requests: 10,
  errors: 1,
  errorRate: 0.1,
  tokens: TOKENS,
  credits: 5,
  cost: 12.5,
};
const HOURS = Array.from({ length: 24 }, (_, hour) => ({
  hour,
  requests: hour,
  cost: 0,
  totalTokens: 0,
}));
const MONTHS = ["2026-08", "2026-09", "2026-10", "2026-11"].map((month) => ({
  month,
  requests: 1,
  cost: 1,
  totalTokens: 1,
}));
const DASHBOARD = {
  overview: {
    ...MEASURES,
    currency: "USD",
    users: 3,
    averageDailyCost: 1.25,
    busiestDay: { date: "2026-11-17", requests: 9, cost: 1, totalTokens: 1 },
    peakHour: HOURS[11],
  },
  timeseries: [{ ...MEASURES, key: "2026-11-17", start: "2026-11-16T23:00:00.000Z" }],
  services: [{ ...MEASURES, service: "chat", share: 1 }],
  models: [{ ...MEASURES, service: "chat", model: "gpt-5.4-mini", share: 1 }],
  topUsers: [{ ...MEASURES, userId: "alice", rank: 1, share: 1 }],
  peakHours: HOURS,
  monthlyComparison: { currentMonth: 1, previousMonth: 1, growth: 0, months: MONTHS },
  forecast: { monthEndCost: 2, low: 1, high: 3, method: "", creditRunOut: [] },
  alerts: [],
  currency: "USD",
};
const BEFORE = { statistics: { ...MEASURES, cost: 10, requests: 20, users: 3, byDay: [] } };

test("figures stand beside their change against the range before", async () => {
  const asked = serve({ "/api/analytics/dashboard": DASHBOARD, "/api/usage-logs/stats": BEFORE });
  await renderScreen(<Component />, { at: "/overview?from=2026-11-10&to=2026-11-19" });
  const cost = (await screen.findByText("$12.50", { selector: "dd *" })).closest("div");
  expect(within(cost as HTMLElement).getByText("+25%")).toBeDefined();
  expect(screen.getByText("-50%")).toBeDefined();
  expect(asked.map(({ path, query }) => [path, query.startDate, query.endDate])).toEqual([
    ["/api/analytics/dashboard", "2026-11-10", "2026-11-19"],
    ["/api/usage-logs/stats", "2026-10-31", "2026-11-09"],
  ]);
});

test("a service leads to its models in the same range", async () => {
  serve({ "/api/analytics/dashboard": DASHBOARD, "/api/usage-logs/stats": BEFORE });
  await renderScreen(<Component />, { at: "/overview?range=7d" });
  const link = await screen.findByRole("link", { name: "chat" });
  expect(link.getAttribute("href")).toBe("/explore?range=7d&groupBy=model&service=chat");
});

test("a user's row opens the user", async () => {
  serve({ "/api/analytics/dashboard": DASHBOARD, "/api/usage-logs/stats": BEFORE });
  const { router } = await renderScreen(<Component />, { at: "/overview" });
  await userEvent.click(await screen.findByText("alice"));
  expect(router.state.location.pathname).toBe("/users/alice");
});

test("without usage it says how to begin", async () => {
  const overview = { ...DASHBOARD.overview, requests: 0 };
  const months = MONTHS.map((month) => ({ ...month, requests: 0 }));
  const monthlyComparison = { ...DASHBOARD.monthlyComparison, months };
  serve({
    "/api/analytics/dashboard": { ...DASHBOARD, overview, monthlyComparison },
    "/api/usage-logs/stats": BEFORE,
  });
  await renderScreen(<Component />, { at: "/overview" });
  const action = await screen.findByRole("link", { name: "Create an API key" });
  expect(action.getAttribute("href")).toBe("/keys");
});

test("a refusal is told in the reader's language, and tried again on request", async () => {
  let refused = true;
  serve({
    "/api/analytics/dashboard": () => (refused ? refusal(503, "unavailable") : DASHBOARD),
    "/api/usage-logs/stats": BEFORE,
  });
  await renderScreen(<Component />, { at: "/overview", language: "ko" });
  await screen.findByText("지금은 서비스를 사용할 수 없습니다. 다시 시도하세요.");
  refused = false;
  await userEvent.click(screen.getByRole("button", { name: "다시 시도" }));
  await screen.findByText("alice");
});
