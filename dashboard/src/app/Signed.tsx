import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { RouterProvider } from "react-router";
import { Api } from "../api/client";
import { ApiContext } from "../api/context";
import { ApiError } from "../api/problem";
import { useSession } from "../auth/context";
import type { Identity } from "../auth/identity";
import { basenameOf, type Place, placeOf } from "./address";
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
          !error.code.startsWith("timeout"),
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
    world.router.dispose();
    history.pushState(null, "", basenameOf(workspaceId) + path);
    setPlace({ workspaceId, basename: basenameOf(workspaceId), forbidden: false });
  };
  useWayBack(place, identity, (before) => {
    world.router.dispose();
    setPlace(before);
  });
  if (place.forbidden) return <ForbiddenPage />;
  return (
    <QueryClientProvider client={world.queries}>
      <ApiContext value={world.api}>
        <ChooseContext value={choose}>
          <RouterProvider key={place.basename} router={world.router} />
        </ChooseContext>
      </ApiContext>
    </QueryClientProvider>
  );
}

/** Who is asked first when somebody goes back: listeners of a window are told in their order. */
let asked: ((event: PopStateEvent) => void) | null = null;
window.addEventListener("popstate", (event) => asked?.(event));

/** Back and forward between workspaces: the router of one knows nothing of another's addresses. */
function useWayBack(place: Place, identity: Identity, onMove: (to: Place) => void) {
  useEffect(() => {
    asked = (event) => {
      const to = placeOf(location.pathname, identity);
      if (to.basename === place.basename && to.forbidden === place.forbidden) return;
      event.stopImmediatePropagation();
      onMove(to);
    };
    return () => {
      asked = null;
    };
  });
}
