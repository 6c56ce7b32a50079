import { Button } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useT } from "../i18n/context";
import { EmptyState } from "../ui/EmptyState";
import { useTitle } from "../ui/useTitle";
import classes from "./Gate.module.css";

/** The address names another workspace than one's own. */
export function ForbiddenPage() {
  const t = useT();
  useTitle(t("error.forbiddenTitle"));
  return (
    <main className={classes.alone}>
      <EmptyState
        heading
        icon={IconLock}
        title={t("error.forbiddenTitle")}
        text={t("error.otherWorkspace")}
        action={
          <Button component="a" href="/" variant="default">
            {t("error.toStart")}
          </Button>
        }
      />
    </main>
  );
}
