import type { ReactNode } from "react";
import { useApiQuery } from "../../api/context";
import { useIdentity } from "../../auth/context";
import { ErrorState } from "../../ui/ErrorState";
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
  if (query.error)
    return <ErrorState heading error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <ShellSkeleton />;
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
  if (query.error)
    return <ErrorState heading error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <ShellSkeleton />;
  const { currency, timezone } = query.data.account;
  const value = { workspaceId, name: workspaceId, timezone, currency, settings: null };
  return <WorkspaceContext value={value}>{children}</WorkspaceContext>;
}
