import { useT } from "../i18n/context";
import { ErrorState } from "../ui/ErrorState";
import { useTitle } from "../ui/useTitle";

/** A screen broke, or its code could not be loaded (a new version was deployed, no network). */
export function Failure() {
  const t = useT();
  useTitle(t("error.screenFailed"));
  return <ErrorState heading title={t("error.screenFailed")} onRetry={() => location.reload()} />;
}
