import { Button } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { Link } from "react-router";
import { useT } from "../i18n/context";
import { EmptyState } from "../ui/EmptyState";
import { useTitle } from "../ui/useTitle";

/** The address of a screen that this role may not see. */
export function ForbiddenScreen() {
  const t = useT();
  useTitle(t("error.forbiddenTitle"));
  return (
    <EmptyState
      heading
      icon={IconLock}
      title={t("error.forbiddenTitle")}
      text={t("error.forbiddenText")}
      action={
        <Button component={Link} to="/" variant="default">
          {t("error.toStart")}
        </Button>
      }
    />
  );
}
