import { createContext, use, useSyncExternalStore } from "react";
import type { Identity } from "./identity";
import type { Session, SessionState } from "./session";

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("outside of SessionContext");
  return session;
}

export function useSessionState(): SessionState {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, session.state);
}

/** Who is signed in; only inside the shell, where somebody is. */
export function useIdentity(): Identity {
  const state = useSessionState();
  if (state.phase !== "signedIn") throw new Error("nobody is signed in");
  return state.identity;
}
