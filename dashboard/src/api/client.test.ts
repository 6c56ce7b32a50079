import { beforeEach, expect, test, vi } from "vitest";
import { Session } from "../auth/session";
import { refusal, serve } from "../test/api";
import { CONFIG, idToken } from "../test/render";
import { Api } from "./client";
import { ApiError } from "./problem";

const HOUR_MS = 3_600_000;
const tokens = (name: string) => ({
  AuthenticationResult: {
    IdToken: idToken(name, "admin", "demo", Date.now() + HOUR_MS),
    RefreshToken: "renew",
  },
});

let session: Session;
beforeEach(async () => {
  serve({ "POST /cognito": tokens("first") });
  session = new Session(CONFIG);
  await session.signIn("first", "secret");
});

test("what did not change is told again from memory", async () => {
  let changes = 0;
  const asked = serve({
    "/api/alerts": ({ headers }: { headers: Headers }) =>
      headers.get("If-None-Match") === `"v${changes}"`
        ? new Response(null, { status: 304 })
        : Response.json({ alerts: [], total: changes }, { headers: { ETag: `"v${changes}"` } }),
  });
  const api = new Api(session, null);
  const first = await api.get("/api/alerts");
  expect(await api.get("/api/alerts")).toBe(first);
  changes = 1;
  expect(await api.get("/api/alerts")).toMatchObject({ total: 1 });
  expect(asked.map(({ headers }) => headers.get("If-None-Match"))).toEqual([null, '"v0"', '"v0"']);
});

test("an operator's requests name the workspace, but where the path does", async () => {
  const asked = serve({ "/api/alerts": {}, "/api/admin/workspaces/other": {} });
  const api = new Api(session, "other");
  await api.get("/api/alerts", { query: { limit: 5, status: undefined } });
  await api.get("/api/admin/workspaces/{workspaceId}", { path: { workspaceId: "other" } });
  expect(asked.map(({ query }) => query)).toEqual([{ limit: "5", workspaceId: "other" }, {}]);
});

test("an id in a path is encoded", () => {
  const api = new Api(session, null);
  const path = { userId: "a/b@c d" };
  expect(api.address("/api/admin/accounts/{userId}", { path })).toBe(
    "/api/admin/accounts/a%2Fb%40c%20d",
  );
});

test("every POST has a key of its own", async () => {
  const asked = serve({ "POST /api/thresholds": {} });
  const api = new Api(session, null);
  await api.post("/api/thresholds", { body: {} });
  await api.post("/api/thresholds", { body: {} });
  const keys = asked.map(({ headers }) => headers.get("Idempotency-Key"));
  expect(new Set(keys).size).toBe(2);
  expect(keys).not.toContain(null);
});

test("a refused token is renewed once, and the request sent again", async () => {
  const renewed = tokens("second");
  const asked = serve({
    "POST /cognito": renewed,
    "/api/alerts": ({ headers }: { headers: Headers }) =>
      headers.get("Authorization") === `Bearer ${renewed.AuthenticationResult.IdToken}`
        ? { alerts: [] }
        : refusal(401, "unauthorized"),
  });
  expect(await new Api(session, null).get("/api/alerts")).toEqual({ alerts: [] });
  expect(asked.map(({ path }) => path)).toEqual(["/api/alerts", "/cognito", "/api/alerts"]);
});

test("a refusal carries its code, its fields and when to come back", async () => {
  const errors = [{ pointer: "/dailyLimit", message: "must be above 0" }];
  serve({ "POST /api/thresholds": refusal(422, "validation_failed", { errors }) });
  const failure = await new Api(session, null)
    .post("/api/thresholds", { body: {} })
    .catch((e: unknown) => e);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ code: "validation_failed", status: 422, transient: false });
  expect((failure as ApiError).fields).toEqual({ "/dailyLimit": "must be above 0" });
});

test("a gateway's answer without a problem, and none at all, are told apart", async () => {
  serve({ "/api/alerts": new Response("<html>", { status: 502 }) });
  const api = new Api(session, null);
  await expect(api.get("/api/alerts")).rejects.toMatchObject({ code: "unavailable", status: 502 });
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
  await expect(api.get("/api/alerts")).rejects.toMatchObject({ code: "offline", transient: true });
});
