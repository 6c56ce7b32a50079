import { expect, test } from "vitest";
import type { components } from "../../api/generated/schema";
import type { Decimal } from "../../format/decimal";
import { draftOf, problemsOf, settingsOf } from "./draft";

const WORKSPACE: components["schemas"]["Workspace"] = {
  workspaceId: "demo",
  name: "Demo",
  timezone: "Europe/Berlin",
  currency: "EUR",
  pricing: { mode: "tokens", perRequest: "0.005" as Decimal },
  creditValue: "0.000000000001" as Decimal,
  exchangeRate: "0.92345678901" as Decimal,
  enforceCredits: true,
  registeredOnly: false,
  retentionDays: 92,
  userPrivacy: "visible",
  alertEmails: [],
};
const DRAFT = draftOf(WORKSPACE);

test("settings that are opened and saved unchanged are sent as they were", () => {
  expect(settingsOf(DRAFT)).toEqual({
    name: "Demo",
    pricing: { mode: "tokens", perRequest: "0.005" },
    creditValue: "0.000000000001",
    exchangeRate: "0.92345678901",
    enforceCredits: true,
    registeredOnly: false,
    retentionDays: 92,
    userPrivacy: "visible",
  });
});

test("an exchange rate that is empty stays as it is", () => {
  expect(settingsOf({ ...DRAFT, exchangeRate: " " })).not.toHaveProperty("exchangeRate");
  expect(problemsOf({ ...DRAFT, exchangeRate: " " })).toEqual({});
});

test.each([
  [{ name: "  " }, { "/name": "error.field_needed" }],
  [{ creditValue: "a tenth" }, { "/creditValue": "error.field_number" }],
  [{ creditValue: "" }, { "/creditValue": "error.field_needed" }],
  [{ perRequest: "-0.005" }, { "/pricing/perRequest": "error.field_notNegative" }],
  [{ exchangeRate: "1:1" }, { "/exchangeRate": "error.field_number" }],
  [{ retentionDays: "92.5" }, { "/retentionDays": "error.field_whole" }],
  [{ retentionDays: "0" }, { "/retentionDays": "error.field_positive" }],
  [{ retentionDays: "" }, { "/retentionDays": "error.field_needed" }],
])("%o is told: nothing is kept as it was in silence", (change, problems) => {
  expect(problemsOf({ ...DRAFT, ...change })).toEqual(problems);
});
