import { describe, expect, it, test } from "vitest";
import {
  addressOf,
  behind,
  type Group,
  groupsUnder,
  modelOf,
  type Question,
  questionOf,
  withFilter,
} from "./question";

describe("what can be asked together", () => {
  it("is everything without filters", () => {
    expect(groupsUnder({})).toHaveLength(11);
  });

  it("leaves out countries under a service, which are not kept together", () => {
    expect(groupsUnder({ service: "chat", model: "gpt" })).not.toContain("country");
    expect(groupsUnder({ service: "chat" })).toContain("user");
  });

  it("is time and itself under a filter that stands alone", () => {
    expect(groupsUnder({ country: "KR" })).toEqual(["day", "week", "month", "country"]);
  });
});

describe("setting a filter", () => {
  it("combines user, service and model", () => {
    expect(withFilter({ service: "chat" }, "model", "gpt")).toEqual({
      service: "chat",
      model: "gpt",
    });
  });

  it("takes the others away where the new one stands alone, and the other way round", () => {
    expect(withFilter({ service: "chat" }, "country", "KR")).toEqual({ country: "KR" });
    expect(withFilter({ country: "KR" }, "service", "chat")).toEqual({ service: "chat" });
  });

  it("takes one away and leaves the others", () => {
    expect(withFilter({ service: "chat", model: "gpt" }, "model", null)).toEqual({
      service: "chat",
    });
  });
});

function asked(address: string): Question {
  return questionOf(new URLSearchParams(address));
}

test.each([
  ["", { group: "day", metric: "cost", filters: {} }],
  [
    "groupBy=user&metric=p95ResponseTimeMs&service=chat&model=a/b",
    { group: "user", metric: "p95ResponseTimeMs", filters: { service: "chat", model: "a/b" } },
  ],
  ["groupBy=century&metric=joy", { group: "day", metric: "cost", filters: {} }],
  // Not kept under the filter: the group gives way, not the filter.
  ["groupBy=country&service=chat", { group: "day", metric: "cost", filters: { service: "chat" } }],
  // Not kept together: what combines stays.
  ["service=chat&country=KR", { group: "day", metric: "cost", filters: { service: "chat" } }],
  ["country=KR&platform=ios", { group: "day", metric: "cost", filters: { country: "KR" } }],
  ["status=maybe", { group: "day", metric: "cost", filters: {} }],
  ["status=error&service=", { group: "day", metric: "cost", filters: { status: "error" } }],
])("the address ?%s asks what can be answered", (address, question) => {
  expect(asked(address)).toEqual(question);
});

test("a question's address asks it again", () => {
  const change = addressOf({ userId: "acct_1", service: "chat" }, "model");
  const address = new URLSearchParams(
    Object.entries(change).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
  expect(questionOf(address)).toEqual({
    group: "model",
    metric: "cost",
    filters: { userId: "acct_1", service: "chat" },
  });
  expect(addressOf({ country: "KR" }, "model")).toMatchObject({ groupBy: "day", service: null });
});

test.each([
  ["helpdesk/", "helpdesk", ""],
  ["code/vendor/model", "code", "vendor/model"],
])("the key %s names service '%s' and model '%s'", (key, service, model) => {
  expect(modelOf(key)).toEqual({ service, model });
});

test.each<[string, Group, string, Record<string, string> | null]>([
  ["", "day", "2026-11-20", { groupBy: "hour", from: "2026-11-20", to: "2026-11-20" }],
  ["", "week", "2026-W01", { groupBy: "day", from: "2025-12-29", to: "2026-01-04" }],
  ["", "month", "2024-02", { groupBy: "day", from: "2024-02-01", to: "2024-02-29" }],
  ["country=KR", "day", "2026-11-20", null],
  ["", "hour", "2026-11-20T14", null],
  ["userId=a", "service", "chat", { userId: "a", service: "chat", groupBy: "model" }],
  ["userId=a", "model", "chat/x/y", { userId: "a", service: "chat", model: "x/y", groupBy: "day" }],
  ["", "model", "helpdesk/", { service: "helpdesk", groupBy: "day" }],
  ["", "status", "error", { status: "error", groupBy: "day" }],
])("under ?%s a row of %s, %s, leads to %o", (address, group, key, to) => {
  const found = behind({ ...asked(address), group }, key);
  const set = found && Object.entries(found).filter(([, value]) => value !== null);
  expect(set && Object.fromEntries(set)).toEqual(to);
});
