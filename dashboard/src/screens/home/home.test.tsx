import { screen, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { serve } from "../../test/api";
import { renderScreen } from "../../test/render";
import { Component as Home } from ".";

const FIGURES = { cost: 3, credits: 30, requests: 300, errorRate: 0, byDay: [] };
const BEFORE = { ...FIGURES, cost: 2, credits: 60, requests: 300 };

test("home is about the month that it is in the workspace, against as many days of the one before", async () => {
  // Past midnight in Berlin, and the first of December there.
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-30T23:30:00Z") });
  const asked = serve({
    "/api/analytics/my-usage": { usage: FIGURES, balance: 7, thresholds: [] },
    "/api/usage-logs/stats": { statistics: BEFORE },
    "/api/usage-logs/user/somebody": { usageLogs: [], total: 0 },
  });
  await renderScreen(<Home />, { role: "user" });
  await screen.findByText("No limits apply to you");
  const days = Object.fromEntries(asked.map(({ path, query }) => [path, query]));
  expect(days["/api/analytics/my-usage"]).toEqual({
    startDate: "2026-12-01",
    endDate: "2026-12-01",
  });
  expect(days["/api/usage-logs/stats"]).toEqual({ startDate: "2026-11-01", endDate: "2026-11-01" });
  const figure = (label: string) =>
    within(screen.getByText(label).closest("dt")?.parentElement ?? document.body);
  await figure("Cost").findByText("+50%");
  figure("Credits used").getByText("-50%");
  figure("Requests").getByText("0%");
  figure("Balance").getByText("7");
});
