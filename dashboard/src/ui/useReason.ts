import { useCallback } from "react";
import type { ApiError } from "../api/problem";
import { useT } from "../i18n/context";

/** Why the API refused, in the reader's language; decided by the problem's `code`. */
export function useReason(): (error: ApiError) => string {
  const t = useT();
  return useCallback(
    (error: ApiError) => {
      const { balance, required } = error.problem;
      if (
        error.code === "insufficient_credits" &&
        balance !== undefined &&
        required !== undefined
      ) {
        return t("error.insufficient_credits_detail", { balance, required });
      }
      if (error.code === "rate_limited" && error.retryAfterSeconds !== null) {
        return t("error.rate_limited_detail", { count: error.retryAfterSeconds });
      }
      return t(`error.${error.code}`);
    },
    [t],
  );
}
