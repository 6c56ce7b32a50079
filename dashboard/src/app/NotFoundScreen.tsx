import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { Link } from "react-router";
import { useT } from "../i18n/context";
import { EmptyState } from "../ui/EmptyState";
import { useTitle } from "../ui/useTitle";

export function NotFoundScreen() {
  const t = useT();
  useTitle(t("error.noPageTitle"));
  return (
    <EmptyState
      heading
      icon={IconMapOff}
      title={t("error.noPageTitle")}
      text={t("error.noPageText")}
      action={
        <Button component={Link} to="/" variant="default">
          {t("error.toStart")}
        </Button>
      }
    />
  );
}
