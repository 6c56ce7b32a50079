import { useMemo } from "react";
import { useSession, useSessionState } from "../auth/context";
import type { Identity } from "../auth/identity";
import { SignIn } from "../auth/SignIn";
import { Signed } from "./Signed";

/** Signed in or not: nothing of the product is shown, or loaded, before somebody is. */
export function Gate() {
  const session = useSession();
  const state = useSessionState();
  const identity = state.phase === "signedIn" ? state.identity : null;
  // A renewed token is the same person: what is on screen stays.
  const who = identity && `${identity.userId}/${identity.role}/${identity.workspaceId ?? ""}`;
  const stable = useMemo<Identity | null>(
    () => identity,
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [who],
  );
  if (state.phase === "starting") return null;
  if (!stable) {
    return (
      <SignIn
        challenge={state.phase === "challenge" ? state.challenge : null}
        expired={state.phase === "signedOut" && state.expired}
        session={session}
      />
    );
  }
  return <Signed key={who} identity={stable} />;
}
