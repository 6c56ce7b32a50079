import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useApiQuery } from "../../api/context";
import type { ApiError } from "../../api/problem";
import { useIdentity } from "../../auth/context";
import { ErrorState } from "../../ui/ErrorState";
import gate from "../Gate.module.css";
import { WorkspaceContext, type WorkspaceInfo } from "../workspace";
import { ShellSkeleton } from "./ShellSkeleton";

/** The browser's own: where there is no workspace. */
const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Provides the workspace's name, currency and time zone before anything that needs them is shown. */
export function WorkspaceProvider({
  workspaceId,
  children,
}: {
  workspaceId: string | null;
  children: ReactNode;
}) {
  const { role } = useIdentity();
  if (workspaceId === null) {
    return <WorkspaceContext value={none()}>{children}</WorkspaceContext>;
  }
  return role === "user" ? (
    <OfUser workspaceId={workspaceId}>{children}</OfUser>
  ) : (
    <OfAdmin workspaceId={workspaceId}>{children}</OfAdmin>
  );
}

function none(): WorkspaceInfo {
  return { workspaceId: "", name: "", timezone: ownZone(), currency: "USD", settings: null };
}

function OfAdmin({ workspaceId, children }: { workspaceId: string; children: ReactNode }) {
  const query = useApiQuery("/api/admin/workspaces/{workspaceId}", { path: { workspaceId } });
  if (!query.data) return <Waiting query={query} />;
  const settings = query.data.workspace;
  const { name, timezone, currency } = settings;
  return (
    <WorkspaceContext value={{ workspaceId, name, timezone, currency, settings }}>
      {children}
    </WorkspaceContext>
  );
}

function OfUser({ workspaceId, children }: { workspaceId: string; children: ReactNode }) {
  const query = useApiQuery("/api/accounts/me", {});
  if (!query.data) return <Waiting query={query} />;
  const { currency, timezone } = query.data.account;
  const value = { workspaceId, name: workspaceId, timezone, currency, settings: null };
  return <WorkspaceContext value={value}>{children}</WorkspaceContext>;
}

/** Nothing is known of the workspace yet, or nothing could be learnt. */
function Waiting({
  query,
}: {
  query: Pick<UseQueryResult<unknown, ApiError>, "error" | "refetch">;
}) {
  if (!query.error) return <ShellSkeleton />;
  return (
    <main className={gate.alone}>
      <ErrorState heading error={query.error} onRetry={() => void query.refetch()} />
    </main>
  );
}
