import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { serve } from "../../test/api";
import { renderScreen } from "../../test/render";
import { Component as System } from ".";

const WELL = {
  streamLagSeconds: 1.5,
  deadLetters: 0,
  pendingAlerts: 2,
  drift: 0,
  lastReconciled: null,
  lastArchived: null,
  version: "0.1.0",
};

test.each([
  ["nothing failed and nothing drifts", {}, "All is well"],
  ["no night has told the drift", { drift: null }, "All is well"],
  ["work failed for good", { deadLetters: 1 }, "Somebody should look"],
  ["figures drift from the journals", { drift: 3 }, "Somebody should look"],
])("when %s, the first line says so", async (_, change, verdict) => {
  serve({ "/api/admin/system": { ...WELL, ...change } });
  await renderScreen(<System />, { role: "operator" });
  const shown = await screen.findByText(verdict);
  expect(shown.getAttribute("role")).toBe("status");
});
