import { beforeEach, expect, test, vi } from "vitest";
import { serve } from "../test/api";
import { CONFIG, idToken } from "../test/render";
import { AuthError } from "./cognito";
import { Session } from "./session";

const START_MS = Date.parse("2026-11-20T12:00:00Z");
const HOUR_MS = 3_600_000;
let now = START_MS;
beforeEach(() => {
  now = START_MS;
});

const issued = (userId = "alice", role: "user" | "admin" = "user") => ({
  AuthenticationResult: {
    IdToken: idToken(userId, role, "demo", now + HOUR_MS),
    RefreshToken: "renew",
  },
});
const cognitoError = (type: string) => Response.json({ __type: type }, { status: 400 });
const begin = () => new Session(CONFIG, sessionStorage, () => now);

test("signing in says who it is; the id token is stored nowhere", async () => {
  serve({ "POST /cognito": issued() });
  const session = begin();
  await session.signIn("alice", "secret");
  expect(session.state()).toMatchObject({
    phase: "signedIn",
    identity: { userId: "alice", role: "user", workspaceId: "demo" },
  });
  const stored = JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)]);
  expect(stored).toContain("renew");
  expect(stored).not.toContain(await session.token());
});

test("a reload goes on with the session, a new tab does not", async () => {
  serve({ "POST /cognito": issued() });
  await begin().signIn("alice", "secret");
  const reloaded = begin();
  await reloaded.start();
  expect(reloaded.state().phase).toBe("signedIn");
  sessionStorage.clear();
  const other = begin();
  await other.start();
  expect(other.state()).toEqual({ phase: "signedOut", expired: false });
});

test("the token is renewed before it ends, once for all who ask", async () => {
  const asked = serve({ "POST /cognito": () => issued() });
  const session = begin();
  await session.signIn("alice", "secret");
  const first = await session.token();
  now += HOUR_MS - 60_000;
  const [one, two] = await Promise.all([session.token(), session.token()]);
  expect(one).toBe(two);
  expect(one).not.toBe(first);
  expect(asked).toHaveLength(2);
});

test("when nothing renews the token, the session is over and says so", async () => {
  let valid = true;
  serve({ "POST /cognito": () => (valid ? issued() : cognitoError("NotAuthorizedException")) });
  const session = begin();
  await session.signIn("alice", "secret");
  valid = false;
  now += HOUR_MS;
  expect(await session.token()).toBeNull();
  expect(session.state()).toEqual({ phase: "signedOut", expired: true });
  expect(sessionStorage).toHaveLength(0);
});

test("without a network the session stays, for the network may come back", async () => {
  serve({ "POST /cognito": issued() });
  const session = begin();
  await session.signIn("alice", "secret");
  now += HOUR_MS;
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
  await expect(session.token()).rejects.toBeInstanceOf(AuthError);
  expect(session.state().phase).toBe("signedIn");
});

test("a new password is asked for, and taken", async () => {
  const asked = serve({
    "POST /cognito": ({ headers }: { headers: Headers }) =>
      headers.get("X-Amz-Target")?.endsWith("InitiateAuth")
        ? { ChallengeName: "NEW_PASSWORD_REQUIRED", Session: "s" }
        : issued(),
  });
  const session = begin();
  await session.signIn("alice", "temporary");
  expect(session.state()).toMatchObject({ phase: "challenge", challenge: { username: "alice" } });
  await session.respond("A-new-one-42!");
  expect(session.state().phase).toBe("signedIn");
  expect(asked[1]?.body).toMatchObject({
    ChallengeResponses: { USERNAME: "alice", NEW_PASSWORD: "A-new-one-42!" },
  });
});

test.each([
  ["NotAuthorizedException", "wrong"],
  ["TooManyRequestsException", "throttled"],
  ["SomethingElse", "unsupported"],
])("%s is told as %s", async (type, reason) => {
  serve({ "POST /cognito": cognitoError(type) });
  await expect(begin().signIn("alice", "x")).rejects.toMatchObject({ reason });
});

test("signing out forgets everything at once and revokes the refresh token", async () => {
  const asked = serve({ "POST /cognito": issued() });
  const session = begin();
  await session.signIn("alice", "secret");
  session.signOut();
  expect(session.state()).toEqual({ phase: "signedOut", expired: false });
  expect(sessionStorage).toHaveLength(0);
  await vi.waitFor(() => expect(asked.at(-1)?.body).toMatchObject({ Token: "renew" }));
});

test("somebody without a role of ours does not get in", async () => {
  const token = `e30.${btoa(JSON.stringify({ exp: 1, "cognito:username": "eve" }))}.x`;
  serve({ "POST /cognito": { AuthenticationResult: { IdToken: token } } });
  const session = begin();
  await expect(session.signIn("eve", "x")).rejects.toMatchObject({ reason: "unsupported" });
  expect(session.state().phase).toBe("signedOut");
});
