import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useApi } from "../api/context";
import { useIdentity, useSession } from "../auth/context";
import { Channel, type Mode } from "./channel";

/** At most so often is everything on screen asked for again, however fast usage comes in. */
const AT_MOST_EVERY_MS = 1_500;

/** Keeps what is on screen current. Says how: at once, by asking now and then, or not (hidden). */
export function useLive(workspaceId: string): Mode {
  const api = useApi();
  const session = useSession();
  const { role } = useIdentity();
  const client = useQueryClient();
  const [mode, setMode] = useState<Mode>("polling");

  useEffect(() => {
    let known: unknown;
    let lost = false;
    let last = 0;
    let waiting: ReturnType<typeof setTimeout> | null = null;
    const refetch = () => {
      waiting = null;
      // Who looks again is told of a change then.
      if (document.hidden) return;
      last = Date.now();
      void client.invalidateQueries({ refetchType: "active" });
    };
    const onChange = () => {
      waiting ??= setTimeout(refetch, Math.max(0, last + AT_MOST_EVERY_MS - Date.now()));
    };
    const ask = async () => {
      try {
        const answer =
          role === "user"
            ? JSON.stringify(await api.get("/api/accounts/me"))
            : await api.get("/api/usage-logs/summary", {
                query: { period: "today", groupBy: "service" },
              });
        if (lost || (known !== undefined && known !== answer)) onChange();
        known = answer;
        lost = false;
      } catch {
        // What is on screen is asked for once more: it says for itself that it fails.
        if (!lost) onChange();
        lost = true;
      }
    };
    const channel = new Channel({
      url: session.config.liveUrl,
      token: () => session.token(),
      workspaceId: role === "operator" ? workspaceId : null,
      onChange,
      ask,
      onMode: setMode,
    });
    channel.start();
    return () => {
      channel.stop();
      if (waiting) clearTimeout(waiting);
    };
  }, [api, client, role, session, workspaceId]);

  return mode;
}
