/** A screen as it stands in the page: signed in, in a workspace, at an address, in a language. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { Api } from "../api/client";
import { ApiContext } from "../api/context";
import { WorkspaceContext, type WorkspaceInfo } from "../app/workspace";
import { SessionContext } from "../auth/context";
import type { Role } from "../auth/identity";
import { Session } from "../auth/session";
import { FixedLanguage } from "../i18n/context";
import { type Language, loadLanguage } from "../i18n/messages";
import { theme } from "../theme/theme";

export const WORKSPACE: WorkspaceInfo = {
  workspaceId: "demo",
  name: "Demo",
  timezone: "Europe/Berlin",
  currency: "USD",
  settings: null,
};

/** An id token as Cognito makes it, but for its signature. */
export function idToken(
  userId: string,
  role: Role,
  workspaceId: string | null,
  expiresAtMs: number,
) {
  const claims = {
    exp: Math.floor(expiresAtMs / 1000),
    "cognito:username": userId,
    "cognito:groups": [role],
    ...(workspaceId ? { "custom:workspaceId": workspaceId } : {}),
  };
  return `e30.${btoa(JSON.stringify(claims))}.x`;
}

export const CONFIG = {
  region: "us-east-1",
  userPoolId: "pool",
  clientId: "client",
  cognitoUrl: "http://localhost/cognito",
  stage: "test",
};

async function signedIn(role: Role): Promise<Session> {
  const session = new Session(CONFIG);
  const token = idToken("somebody", role, "demo", Date.now() + 3_600_000);
  const fetched = globalThis.fetch;
  globalThis.fetch = () =>
    Promise.resolve(Response.json({ AuthenticationResult: { IdToken: token } }));
  try {
    await session.signIn("somebody", "secret");
  } finally {
    globalThis.fetch = fetched;
  }
  return session;
}

interface Options {
  /** Where the screen stands: `/users/alice?range=7d`. */
  at?: string;
  /** The route's pattern, when it has parameters: `/users/:userId`. */
  route?: string;
  role?: Role;
  language?: Language;
  workspace?: Partial<WorkspaceInfo>;
}

/** Call `serve` before it. Answers what testing-library does, and the router. */
export async function renderScreen(screen: ReactElement, options: Options = {}) {
  const { at = "/", route, role = "admin", language = "en", workspace = {} } = options;
  const session = await signedIn(role);
  const t = await loadLanguage(language);
  const router = createMemoryRouter(
    [
      { path: route ?? new URL(at, "http://localhost").pathname, element: screen },
      { path: "*", element: <p>elsewhere</p> },
    ],
    { initialEntries: [at] },
  );
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, gcTime: Infinity } },
  });
  const result = render(
    <MantineProvider theme={theme} env="test">
      <FixedLanguage language={language} t={t}>
        <SessionContext value={session}>
          <QueryClientProvider client={queries}>
            <ApiContext value={new Api(session, null)}>
              <WorkspaceContext value={{ ...WORKSPACE, ...workspace }}>
                <main id="main">
                  <RouterProvider router={router} />
                </main>
              </WorkspaceContext>
            </ApiContext>
          </QueryClientProvider>
        </SessionContext>
      </FixedLanguage>
    </MantineProvider>,
  );
  return { ...result, router };
}
