/**
 * Addresses: `/w/demo/overview` for an operator, who looks at many workspaces; `/overview` for
 * everybody else, whose workspace follows from who they are.
 */

import type { Identity, Role } from "../auth/identity";

const PREFIX = /^\/w\/([^/]+)/;

/** Where somebody begins. */
export const FIRST_SCREEN: Record<Role, string> = {
  operator: "/overview",
  admin: "/overview",
  user: "/home",
};

export interface Place {
  /** The workspace on screen; null while an operator has chosen none. */
  workspaceId: string | null;
  /** What the router puts before every path. */
  basename: string;
  /** The address names a workspace that this person has nothing to do with. */
  forbidden: boolean;
}

export function basenameOf(workspaceId: string | null): string {
  return workspaceId === null ? "/" : `/w/${encodeURIComponent(workspaceId)}`;
}

export function placeOf(pathname: string, identity: Identity): Place {
  const prefix = PREFIX.exec(pathname)?.[1];
  const named = prefix === undefined ? null : decodeURIComponent(prefix);
  if (identity.role === "operator") {
    return { workspaceId: named, basename: basenameOf(named), forbidden: false };
  }
  const own = identity.workspaceId;
  return {
    workspaceId: own,
    basename: named === null ? "/" : basenameOf(named),
    forbidden: named !== null && named !== own,
  };
}
