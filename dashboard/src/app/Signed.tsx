import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { RouterProvider } from "react-router";
import { Api } from "../api/client";
import { ApiContext } from "../api/context";
import { ApiError } from "../api/problem";
import { useSession } from "../auth/context";
import type { Identity } from "../auth/identity";
import { basenameOf, placeOf } from "./address";
import { ForbiddenPage } from "./ForbiddenPage";
import { makeRouter } from "./router";
import { ChooseContext } from "./choose";

/** Attempts after the first one, for what may well work a moment later. */
const RETRIES = 2;

function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) =>
          failures < RETRIES &&
          error instanceof ApiError &&
          error.transient &&
          error.code !== "timeout",
        // Without a network it fails at once, and says so, rather than wait in silence.
        networkMode: "always",
        refetchOnReconnect: true,
        staleTime: 5_000,
        gcTime: 10 * 60_000,
        // Live updates say when something changed.
        refetchOnWindowFocus: false,
      },
    },
  });
}

/** Somebody's dashboard: one workspace at a time, with its own memory and router. */
export function Signed({ identity }: { identity: Identity }) {
  const [place, setPlace] = useState(() => placeOf(location.pathname, identity));
  const session = useSession();
  const world = useMemo(() => {
    const workspaceId = identity.role === "operator" ? place.workspaceId : null;
    return {
      api: new Api(session, workspaceId),
      queries: makeQueryClient(),
      router: makeRouter(identity, place),
    };
  }, [identity, place, session]);
  const choose = (workspaceId: string, path: string) => {
    history.pushState(null, "", basenameOf(workspaceId) + path);
    setPlace({ workspaceId, basename: basenameOf(workspaceId), forbidden: false });
  };
  if (place.forbidden) return <ForbiddenPage />;
  return (
    <QueryClientProvider client={world.queries}>
      <ApiContext value={world.api}>
        <ChooseContext value={choose}>
          <RouterProvider router={world.router} />
        </ChooseContext>
      </ApiContext>
    </QueryClientProvider>
  );
}
