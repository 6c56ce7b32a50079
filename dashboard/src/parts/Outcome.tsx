import type { components } from "../api/generated/schema";
import { useT } from "../i18n/context";
import { Tag } from "../ui/Tag";

type UsageLog = components["schemas"]["UsageLog"];

/** Whether a call went well, and whether a price was found for it. */
export function Outcome({ log }: { log: UsageLog }) {
  const t = useT();
  if (log.status === "error") return <Tag tone="bad">{log.errorCode ?? t("usage.error")}</Tag>;
  if (log.unpriced && !log.repriced) return <Tag tone="warn">{t("usage.unpriced")}</Tag>;
  return <Tag tone="good">{t("usage.success")}</Tag>;
}
