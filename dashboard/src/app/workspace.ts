import { createContext, use } from "react";
import type { components } from "../api/generated/schema";

/** The workspace on screen: what everybody in it needs to read figures and dates. */
export interface WorkspaceInfo {
  workspaceId: string;
  name: string;
  timezone: string;
  currency: string;
  /** All settings; users are not told them. */
  settings: components["schemas"]["Workspace"] | null;
}

export const WorkspaceContext = createContext<WorkspaceInfo | null>(null);

export function useWorkspace(): WorkspaceInfo {
  const workspace = use(WorkspaceContext);
  if (!workspace) throw new Error("outside of WorkspaceContext");
  return workspace;
}
