import { useEffect } from "react";
import { useT } from "../i18n/context";

/** Names the browser's tab. */
export function useTitle(title: string): void {
  const t = useT();
  useEffect(() => {
    document.title = t("common.tab", { title });
  }, [t, title]);
}
