import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./DataTable.module.css";

/** One of the things that can be done with a row: quiet, for it stands in every row. */
export function RowAction({
  onClick,
  busy = false,
  danger = false,
  children,
}: {
  onClick: () => void;
  busy?: boolean;
  danger?: boolean;
  children: ReactNode;
}) {
  return (
    <Button
      className={classes.action ?? ""}
      data-danger={danger || undefined}
      size="compact-sm"
      variant="subtle"
      loading={busy}
      onClick={onClick}
    >
      {children}
    </Button>
  );
}
