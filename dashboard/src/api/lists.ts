/** Lists of the API, page after page by cursor: what came in meanwhile shifts nothing. */

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { Answer, PathsOf, Request } from "./client";
import { type Reading, useApi } from "./context";
import type { ApiError } from "./problem";

/** Rows fetched at first. */
const FIRST_ROWS = 25;
/** Rows fetched when more are asked for: as many as the API gives at a time. */
const MORE_ROWS = 100;

export interface List<Row, Page> {
  rows: Row[] | undefined;
  /** The first page, for what stands beside the rows (`balance`, `searchedBackTo`). */
  first: Page | undefined;
  /** How many there are in all, where the API counts them. */
  total: number | undefined;
  hasMore: boolean;
  loadingMore: boolean;
  more: () => void;
  error: ApiError | null;
  isPlaceholderData: boolean;
  refetch: () => unknown;
}

/**
 * `useApiList("/api/alerts", { query: { status } }, (page) => page.alerts)`; give it to `DataTable`.
 */
export function useApiList<P extends PathsOf<"get">, Row>(
  path: P,
  reading: Reading<P>,
  rowsOf: (page: Answer<P>) => Row[],
  firstRows = FIRST_ROWS,
): List<Row, Answer<P>> {
  const api = useApi();
  const request = reading as Request;
  const query = useInfiniteQuery({
    queryKey: [path, "list", request.path ?? {}, request.query ?? {}, firstRows],
    queryFn: ({ signal, pageParam }) =>
      api.get(path, {
        ...request,
        query: {
          ...request.query,
          limit: pageParam === undefined ? firstRows : MORE_ROWS,
          cursor: pageParam,
        },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page as { nextCursor?: string }).nextCursor,
    placeholderData: keepPreviousData,
  });
  const pages = query.data?.pages;
  return {
    rows: pages?.flatMap(rowsOf),
    first: pages?.[0],
    total: (pages?.[0] as { total?: number } | undefined)?.total,
    hasMore: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    more: () => void query.fetchNextPage(),
    error: query.error as ApiError | null,
    isPlaceholderData: query.isPlaceholderData,
    refetch: query.refetch,
  };
}
