import { createContext, use } from "react";

/** Go to another workspace (operators). */
export type Choose = (workspaceId: string, path: string) => void;

export const ChooseContext = createContext<Choose | null>(null);

export function useChooseWorkspace(): Choose {
  const choose = use(ChooseContext);
  if (!choose) throw new Error("outside of ChooseContext");
  return choose;
}
