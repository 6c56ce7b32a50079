/** Lists of the API, page after page by cursor: what came in meanwhile shifts nothing. */

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { Answer, PathsOf, Request } from "./client";
import { type Reading, useApi } from "./context";
import type { ApiError } from "./problem";

/** Rows fetched at a time. */
export const PAGE_ROWS = 25;

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
  rowsPerPage = PAGE_ROWS,
): List<Row, Answer<P>> {
  const api = useApi();
  const request = reading as Request;
  const query = useInfiniteQuery({
    queryKey: [path, "list", request.path ?? {}, request.query ?? {}, rowsPerPage],
    queryFn: ({ signal, pageParam }) =>
      api.get(path, {
        ...request,
        query: { ...request.query, limit: rowsPerPage, cursor: pageParam },
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
