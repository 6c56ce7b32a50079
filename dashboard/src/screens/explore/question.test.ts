import { describe, expect, it } from "vitest";
import { groupsUnder, withFilter } from "./question";

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
