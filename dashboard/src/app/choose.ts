import { createContext, use } from "react";
import { useLocation } from "react-router";
import { FIRST_SCREEN } from "./address";

/** Go to another workspace (operators). */
export type Choose = (workspaceId: string, path: string) => void;

export const ChooseContext = createContext<Choose | null>(null);

export function useChooseWorkspace(): Choose {
  const choose = use(ChooseContext);
  if (!choose) throw new Error("outside of ChooseContext");
  return choose;
}

/** What an operator asked for before a workspace was chosen, left where they are sent to choose one. */
export interface Wanted {
  wanted: string;
}

/** Where an operator goes in the workspace that they choose. */
export function useWanted(): string {
  const state = useLocation().state as Wanted | null;
  return state?.wanted ?? FIRST_SCREEN.operator;
}
