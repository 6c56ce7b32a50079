import { Button } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import type { ApiError } from "../api/problem";
import { useT } from "../i18n/context";
import { useReason } from "./useReason";
import classes from "./ui.module.css";

/** It did not work: why, the request's id to quote, and another try. */
export function ErrorState({
  error,
  title,
  onRetry,
  heading = false,
}: {
  error?: ApiError;
  title?: string;
  onRetry?: () => void;
  /** It is all of the screen: its title is the screen's heading. */
  heading?: boolean;
}) {
  const t = useT();
  const reason = useReason();
  const Title = heading ? "h1" : "p";
  const id = error?.problem.requestId;
  return (
    <div className={classes.empty} role="alert">
      <IconAlertTriangle size={36} stroke={1.3} className={classes.errorIcon ?? ""} />
      <Title className={classes.emptyTitle}>{title ?? t("error.title")}</Title>
      {error && <p className={classes.emptyText}>{reason(error)}</p>}
      {id && <p className={classes.requestId}>{t("error.requestId", { id })}</p>}
      {onRetry && (
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden="true" />}
          onClick={onRetry}
        >
          {t("error.retry")}
        </Button>
      )}
    </div>
  );
}
