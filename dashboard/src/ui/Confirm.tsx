import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { ApiError } from "../api/problem";
import { useT } from "../i18n/context";
import { Dialog } from "./Dialog";
import { FormError } from "./form";
import classes from "./ui.module.css";

/** Asks before something is done that cannot be undone; says what will happen. */
export function Confirm({
  opened,
  onClose,
  title,
  children,
  action,
  danger = false,
  busy = false,
  error,
  onConfirm,
}: {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** The button's text: what it does, not "OK". */
  action: string;
  danger?: boolean;
  busy?: boolean;
  error?: ApiError | null;
  onConfirm: () => void;
}) {
  const t = useT();
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <div className={classes.confirmText}>{children}</div>
      <FormError error={error} />
      <div className={classes.formFoot}>
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button {...(danger ? { color: "red" } : {})} loading={busy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
