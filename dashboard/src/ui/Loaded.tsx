import { Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ApiError } from "../api/problem";
import { useT } from "../i18n/context";
import { ErrorState } from "./ErrorState";
import classes from "./ui.module.css";

/**
 * What a query found, once it is there: a skeleton of the same height before, an error with another
 * try instead. While other filters are being asked, what was there stays and is dimmed.
 */
export function Loaded<T>({
  query,
  height = 240,
  skeleton,
  children,
}: {
  query: Pick<UseQueryResult<T, ApiError>, "data" | "error" | "isPlaceholderData" | "refetch">;
  /** Of the skeleton, in pixels. */
  height?: number;
  skeleton?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  const t = useT();
  const { data, error } = query;
  if (data === undefined && error)
    return <ErrorState error={error} onRetry={() => void query.refetch()} />;
  if (data === undefined) {
    return (
      <div className={classes.loaded} aria-busy="true">
        <span className="visually-hidden" role="status">
          {t("common.loading")}
        </span>
        {skeleton ?? <Skeleton height={height} radius="md" />}
      </div>
    );
  }
  return (
    <div className={classes.loaded} data-stale={query.isPlaceholderData || undefined}>
      {children(data)}
    </div>
  );
}
