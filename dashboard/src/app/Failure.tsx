import { useT } from "../i18n/context";
import { ErrorState } from "../ui/ErrorState";

/** A screen broke, or its code could not be loaded (a new version was deployed, no network). */
export function Failure() {
  const t = useT();
  return <ErrorState heading title={t("error.screenFailed")} onRetry={() => location.reload()} />;
}
