import { useCallback } from "react";
import { useT } from "../../i18n/context";

/** Whom a limit is for: the workspace, one user, or each of them. */
export function useWho(): (of: { scope: string; userId?: string | null }) => string {
  const t = useT();
  return useCallback(
    ({ scope, userId }) =>
      scope === "workspace" ? t("limits.wholeWorkspace") : (userId ?? t("limits.eachUser")),
    [t],
  );
}
