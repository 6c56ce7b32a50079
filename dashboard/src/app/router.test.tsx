import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionContext } from "../auth/context";
import type { Role } from "../auth/identity";
import { Session } from "../auth/session";
import { FixedLanguage } from "../i18n/context";
import { loadLanguage } from "../i18n/messages";
import { type Asked, serve } from "../test/api";
import { CONFIG, idToken } from "../test/render";
import { Gate } from "./Gate";
import { SCREENS } from "./screens";

const WORKSPACE = { workspaceId: "demo", name: "Acme", timezone: "UTC", currency: "USD" };

async function open(path: string, role: Role | null): Promise<Asked[]> {
  history.replaceState(null, "", path);
  const own = role === "operator" ? null : "demo";
  const token = role && idToken("somebody", role, own, Date.now() + 3_600_000);
  const asked = serve({
    "POST /cognito": { AuthenticationResult: { IdToken: token, RefreshToken: "renew" } },
    "/api/admin/workspaces/demo": { workspace: WORKSPACE },
    "/api/accounts/me": { account: { balance: 5, currency: "USD", timezone: "UTC" } },
    "/api/alerts": { alerts: [], total: 0 },
    "/api/admin/workspaces": { workspaces: [WORKSPACE] },
    "/api/admin/audit": { entries: [] },
  });
  const session = new Session(CONFIG);
  if (token) await session.signIn("somebody", "secret");
  else await session.start();
  const t = await loadLanguage("en");
  render(
    <MantineProvider env="test">
      <FixedLanguage language="en" t={t}>
        <SessionContext value={session}>
          <Gate />
        </SessionContext>
      </FixedLanguage>
    </MantineProvider>,
  );
  return asked;
}

let address: string;
beforeEach(() => {
  address = location.href;
});
afterEach(() => history.replaceState(null, "", address));

test("nobody sees anything before signing in", async () => {
  const asked = await open("/overview", null);
  await screen.findByLabelText("Password");
  expect(asked).toEqual([]);
});

test.each<[Role, string]>([
  ["user", "/overview"],
  ["user", "/users/alice"],
  ["user", "/system"],
  ["admin", "/system"],
  ["admin", "/home"],
  ["operator", "/w/demo/home"],
])(
  "a %s who opens %s is told that it is not open to them, and none of it is asked for",
  async (role, path) => {
    const asked = await open(path, role);
    await screen.findByRole("heading", { name: "This is not open to you" });
    const paths = asked.map(({ path }) => path);
    expect(
      paths.filter((path) => path.startsWith("/api/") && !OF_THE_SHELL.includes(path)),
    ).toEqual([]);
  },
);
const OF_THE_SHELL = ["/api/admin/workspaces/demo", "/api/accounts/me", "/api/alerts"];

test("another workspace's address is forbidden, one's own is not", async () => {
  await open("/w/other/overview", "admin");
  await screen.findByText("This address belongs to another workspace.");
});

test("an operator chooses a workspace first", async () => {
  await open("/overview", "operator");
  await screen.findAllByRole("link", { name: "System health" });
  await vi.waitFor(() => expect(location.pathname).toBe("/workspaces"));
});

test("an operator goes on to what was asked for once a workspace is chosen, and back again", async () => {
  const warned = vi.spyOn(console, "warn");
  await open("/audit?actor=user:alice", "operator");
  await userEvent.click(await screen.findByText("Acme"));
  await screen.findByRole("heading", { name: "Audit log", level: 1 });
  expect(location.pathname + location.search).toBe("/w/demo/audit?actor=user:alice");

  history.back();
  await screen.findByRole("heading", { name: "Workspaces", level: 1 });
  expect(location.pathname).toBe("/workspaces");
  history.forward();
  await screen.findByRole("heading", { name: "Audit log", level: 1 });
  expect(warned).not.toHaveBeenCalled();
});

test("an address without a screen says so", async () => {
  await open("/nowhere", "admin");
  await screen.findByRole("heading", { name: "There is no such page" });
});

test("every screen can be loaded", async () => {
  const loaded = await Promise.all(
    SCREENS.map(async ({ load }) => typeof (await load()).Component),
  );
  expect(new Set(loaded)).toEqual(new Set(["function"]));
});
