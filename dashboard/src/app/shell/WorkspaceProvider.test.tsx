import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { refusal, serve } from "../../test/api";
import { renderScreen } from "../../test/render";
import { When } from "../../ui/Figure";
import { WorkspaceProvider } from "./WorkspaceProvider";

const AT = "2026-11-20T22:30:00.000Z";

test.each([
  ["user", "/api/accounts/me", { account: { currency: "THB", timezone: "Asia/Bangkok" } }],
  [
    "admin",
    "/api/admin/workspaces/acme",
    { workspace: { name: "Acme", currency: "THB", timezone: "Asia/Bangkok" } },
  ],
] as const)("a %s reads times in the workspace's zone", async (role, path, answer) => {
  serve({ [path]: answer });
  await renderScreen(
    <WorkspaceProvider workspaceId="acme">
      {(instead) => instead ?? <When at={AT} />}
    </WorkspaceProvider>,
    { role },
  );
  expect((await screen.findByText(/2026/)).textContent).toBe("21 Nov 2026, 05:30");
});

test("what is around the screens is there while nothing is known of the workspace, and after", async () => {
  let refused = true;
  serve({
    "/api/accounts/me": () =>
      refused ? refusal(504, "") : { account: { currency: "THB", timezone: "Asia/Bangkok" } },
  });
  await renderScreen(
    <WorkspaceProvider workspaceId="acme">
      {(instead) => (
        <>
          <a href="/">The way out</a>
          {instead ?? <When at={AT} />}
        </>
      )}
    </WorkspaceProvider>,
    { role: "user" },
  );
  screen.getByRole("link", { name: "The way out" });
  screen.getByRole("status");

  await screen.findByText("The answer takes too long. Try again.");
  screen.getByRole("link", { name: "The way out" });

  refused = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("21 Nov 2026, 05:30");
});
