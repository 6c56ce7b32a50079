import { createBrowserRouter, Navigate, type RouteObject, useLocation } from "react-router";
import type { Identity } from "../auth/identity";
import { FIRST_SCREEN, type Place } from "./address";
import type { Wanted } from "./choose";
import { Failure } from "./Failure";
import { ForbiddenScreen } from "./ForbiddenScreen";
import { NotFoundScreen } from "./NotFoundScreen";
import { type Screen, SCREENS, WITHOUT_WORKSPACE } from "./screens";
import { Shell } from "./shell/Shell";
import { ShellSkeleton } from "./shell/ShellSkeleton";

function route(screen: Screen, { role }: Identity, place: Place): RouteObject {
  const { path } = screen;
  // Who may not see it gets neither its code nor a request of it.
  if (!screen.roles.includes(role)) return { path, element: <ForbiddenScreen /> };
  if (place.workspaceId === null && !WITHOUT_WORKSPACE.includes(path)) {
    return { path, element: <ToWorkspaces /> };
  }
  return { path, lazy: async () => ({ Component: (await screen.load()).Component }) };
}

/** A workspace has to be chosen first; then it goes on to what was asked for. */
function ToWorkspaces() {
  const { pathname, search } = useLocation();
  const state: Wanted = { wanted: pathname + search };
  return <Navigate to="/workspaces" replace state={state} />;
}

export function makeRouter(identity: Identity, place: Place) {
  const first = place.workspaceId === null ? "/workspaces" : FIRST_SCREEN[identity.role];
  return createBrowserRouter(
    [
      {
        element: <Shell place={place} />,
        errorElement: <Failure />,
        hydrateFallbackElement: <ShellSkeleton />,
        children: [
          {
            errorElement: <Failure />,
            children: [
              { index: true, element: <Navigate to={first} replace /> },
              ...SCREENS.map((screen) => route(screen, identity, place)),
              { path: "*", element: <NotFoundScreen /> },
            ],
          },
        ],
      },
    ],
    { basename: place.basename },
  );
}
