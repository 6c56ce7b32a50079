/** The API in React: one hook to read, one to write, by the paths of the document. */

import {
  keepPreviousData,
  useMutation,
  type UseMutationResult,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from "@tanstack/react-query";
import { createContext, use, useRef } from "react";
import type { Answer, Api, BodyOf, PathOf, PathsOf, QueryOf, Request } from "./client";
import type { ApiError } from "./problem";

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = use(ApiContext);
  if (!api) throw new Error("outside of ApiContext");
  return api;
}

interface ReadOptions {
  /** False waits: something it needs is not known yet. */
  enabled?: boolean;
  /** Milliseconds between repeats while the page is seen; for jobs that run. */
  every?: number | false;
}

type PathArgument<V> = [V] extends [undefined] ? { path?: undefined } : { path: V };
export type Reading<P extends PathsOf<"get">> = { query?: QueryOf<P> } & PathArgument<PathOf<P>>;

/**
 * Read from the API: `useApiQuery("/api/alerts", { query: { limit: 20 } })`.
 *
 * While filters change, what was there stays (`isPlaceholderData` dims it), so nothing jumps.
 */
export function useApiQuery<P extends PathsOf<"get">>(
  path: P,
  reading: Reading<P>,
  options: ReadOptions = {},
): UseQueryResult<Answer<P>, ApiError> {
  const api = useApi();
  const request = reading as Request;
  return useQuery<Answer<P>, ApiError>({
    queryKey: [path, request.path ?? {}, request.query ?? {}],
    queryFn: ({ signal }) => api.get(path, { ...request, signal }),
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    refetchInterval: options.every ?? false,
  });
}

/** Whether there is nothing to say in a body: none, or an empty object. */
type IsEmpty<B> = [B] extends [undefined] ? true : string extends keyof B ? true : false;
type Writes = "post" | "put" | "delete";
export type Writing<P extends PathsOf<M>, M extends Writes> = PathArgument<PathOf<P, M>> &
  (IsEmpty<BodyOf<P, M>> extends true ? { body?: object } : { body: BodyOf<P, M> });

/**
 * Write to the API: `const save = useApiMutation("post", "/api/thresholds")`, then
 * `save.mutate({ body })`. Everything on screen is asked for again afterwards (mostly 304).
 *
 * The same request sent again after a failure carries the same `Idempotency-Key`, so that pressing
 * the button twice never does it twice.
 */
export function useApiMutation<M extends Writes, P extends PathsOf<M>>(
  method: M,
  path: P,
): UseMutationResult<Answer<P, M>, ApiError, Writing<P, M>> {
  const api = useApi();
  const client = useQueryClient();
  const intent = useRef({ text: "", key: "" });
  return useMutation<Answer<P, M>, ApiError, Writing<P, M>>({
    mutationFn: async (writing) => {
      const request = writing as Request;
      const text = JSON.stringify([request.path, request.body]);
      if (intent.current.text !== text) intent.current = { text, key: crypto.randomUUID() };
      const send = api[method] as (path: P, request: Request) => Promise<Answer<P, M>>;
      return send.call(api, path, { ...request, idempotencyKey: intent.current.key });
    },
    onSuccess: () => {
      intent.current = { text: "", key: "" };
      void client.invalidateQueries();
    },
  });
}
