import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useApiQuery } from "../../api/context";
import type { ApiError } from "../../api/problem";
import { useIdentity } from "../../auth/context";
import { ErrorState } from "../../ui/ErrorState";
import { WorkspaceContext, type WorkspaceInfo } from "../workspace";
import { PageSkeleton } from "./ShellSkeleton";

/** The browser's own: where there is no workspace. */
const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What is around the screens, with something in the screen's place while that can't be shown. */
type Frame = (instead: ReactNode) => ReactNode;

interface Props {
  workspaceId: string;
  children: Frame;
}

/**
 * Provides the workspace's name, currency and time zone before any screen is shown. What is around
 * the screens is there from the start, so that one can leave even if nothing is ever answered.
 */
export function WorkspaceProvider({
  workspaceId,
  children,
}: {
  workspaceId: string | null;
  children: Frame;
}) {
  const { role } = useIdentity();
  if (workspaceId === null) {
    return <WorkspaceContext value={unknown("")}>{children(null)}</WorkspaceContext>;
  }
  return role === "user" ? (
    <OfUser workspaceId={workspaceId}>{children}</OfUser>
  ) : (
    <OfAdmin workspaceId={workspaceId}>{children}</OfAdmin>
  );
}

function unknown(workspaceId: string): WorkspaceInfo {
  return {
    workspaceId,
    name: workspaceId,
    timezone: ownZone(),
    currency: "USD",
    settings: null,
  };
}

function OfAdmin({ workspaceId, children }: Props) {
  const query = useApiQuery("/api/admin/workspaces/{workspaceId}", { path: { workspaceId } });
  if (!query.data) return inPlace(query, workspaceId, children);
  const settings = query.data.workspace;
  const { name, timezone, currency } = settings;
  return (
    <WorkspaceContext value={{ workspaceId, name, timezone, currency, settings }}>
      {children(null)}
    </WorkspaceContext>
  );
}

function OfUser({ workspaceId, children }: Props) {
  const query = useApiQuery("/api/accounts/me", {});
  if (!query.data) return inPlace(query, workspaceId, children);
  const { currency, timezone } = query.data.account;
  const value = { workspaceId, name: workspaceId, timezone, currency, settings: null };
  return <WorkspaceContext value={value}>{children(null)}</WorkspaceContext>;
}

/** Nothing is known of the workspace yet, or nothing could be learnt. */
function inPlace(
  { error, refetch }: Pick<UseQueryResult<unknown, ApiError>, "error" | "refetch">,
  workspaceId: string,
  frame: Frame,
) {
  const instead = error ? (
    <ErrorState heading error={error} onRetry={() => void refetch()} />
  ) : (
    <PageSkeleton />
  );
  return <WorkspaceContext value={unknown(workspaceId)}>{frame(instead)}</WorkspaceContext>;
}
