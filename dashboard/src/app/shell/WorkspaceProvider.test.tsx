import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { serve } from "../../test/api";
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
      <When at={AT} />
    </WorkspaceProvider>,
    { role },
  );
  expect((await screen.findByText(/2026/)).textContent).toBe("21 Nov 2026, 05:30");
});
