import { useT } from "../i18n/context";
import { EmptyState } from "../ui/EmptyState";

/** Stands in for a screen that is not there yet. */
export function Pending() {
  const t = useT();
  return <EmptyState heading title={t("common.pending")} />;
}
