import { useT } from "../i18n/context";
import { ErrorState } from "../ui/ErrorState";
import { useTitle } from "../ui/useTitle";
import classes from "./Gate.module.css";

/** The page's own settings or the sign-in service could not be reached. */
export function StartFailure({ onRetry }: { onRetry: () => void }) {
  const t = useT();
  useTitle(t("auth.startFailed"));
  return (
    <main className={classes.alone}>
      <ErrorState heading title={t("auth.startFailed")} onRetry={onRetry} />
    </main>
  );
}
