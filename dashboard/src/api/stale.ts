import { type Query, useIsFetching, useQueryClient } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";

/** It is on screen still, though asking for it again failed. */
function isStale(query: Query): boolean {
  return query.isActive() && query.state.status === "error" && query.state.data !== undefined;
}

interface Stale {
  /** When the oldest of what is shown was asked for, in milliseconds. */
  since: number;
  /** It is being asked for again. */
  busy: boolean;
  retry: () => void;
}

/** What is on screen but could not be brought up to date; null when all is. */
export function useStale(): Stale | null {
  const client = useQueryClient();
  const cache = client.getQueryCache();
  const since = useSyncExternalStore(
    useCallback((onChange) => cache.subscribe(onChange), [cache]),
    () => Math.min(...cache.findAll({ predicate: isStale }).map((one) => one.state.dataUpdatedAt)),
  );
  const busy = useIsFetching({ predicate: isStale }) > 0;
  if (since === Infinity) return null;
  return {
    since,
    busy,
    retry: () => void client.refetchQueries({ predicate: isStale }),
  };
}
