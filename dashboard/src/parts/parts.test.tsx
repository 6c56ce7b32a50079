import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { components } from "../api/generated/schema";
import { loadLanguage } from "../i18n/messages";
import { renderScreen } from "../test/render";
import { LimitMeters } from "./LimitMeters";
import { Metadata } from "./Metadata";
import { StatementView } from "./StatementView";
import { noteOf } from "./TransactionDetails";

type Transaction = components["schemas"]["Transaction"];
type Statement = components["schemas"]["Statement"];
type Threshold = components["schemas"]["Threshold"];

const STATEMENT = {
  month: "2026-11",
  openingBalance: 100,
  closingBalance: 85,
  totals: { purchase: 50, usage: -70, refund: 5, promo: 0, adjustment: 0 },
  byService: [],
  days: [],
} as unknown as Statement;

test("a statement reckons from the opening balance to the closing one", async () => {
  await renderScreen(<StatementView statement={STATEMENT} />, { role: "user" });
  const rows = within(screen.getByRole("table", { name: "Movements" })).getAllByRole("row");
  expect(rows.map((row) => row.textContent)).toEqual([
    "Opening balance100",
    "Purchase+50",
    "Usage-70",
    "Refund+5",
    "Promo0",
    "Adjustment0",
    "Closing balance85",
  ]);
  screen.getByText("-15");
});

test("a limit beyond its end says by how much, and its meter is full", async () => {
  const monthly = { value: "32.35", percent: "161.75", resetsAt: "2026-11-30T23:00:00.000Z" };
  const threshold = { id: "th_1", metric: "cost", monthlyLimit: "20", current: { monthly } };
  await renderScreen(
    <LimitMeters thresholds={[threshold as unknown as Threshold]} none="nothing" />,
    { role: "user" },
  );
  expect(screen.getByRole("meter").getAttribute("aria-valuenow")).toBe("100");
  screen.getByText("$32.35 of $20.00");
  screen.getByText("162% used");
  screen.getByText("1 Dec 2026, 00:00");
});

test.each([
  ["adjustment", "Repricing rp_7", "คิดราคาใหม่ rp_7"],
  ["adjustment", "A gift", "A gift"],
  ["purchase", "Repricing rp_7", "Repricing rp_7"],
  ["usage", undefined, undefined],
] as const)("the note of a transaction (%s, %s) reads %s", async (reason, note, said) => {
  expect(noteOf(await loadLanguage("th"), { reason, note } as Transaction)).toBe(said);
});

test("metadata with marks that turn text around is shown with their numbers", async () => {
  await renderScreen(<Metadata value={{ note: "invoice \u202efdp.exe" }} />);
  screen.getByText(/"note": "invoice \\u202efdp\.exe"/);
});
