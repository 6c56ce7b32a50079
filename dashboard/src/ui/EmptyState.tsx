import { IconInbox } from "@tabler/icons-react";
import type { ComponentType, ReactNode } from "react";
import classes from "./ui.module.css";

/** Nothing to show: says so, and what to do about it. */
export function EmptyState({
  icon: Icon = IconInbox,
  title,
  text,
  action,
}: {
  icon?: ComponentType<{ size?: number; stroke?: number }>;
  title: string;
  text?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={classes.empty}>
      <Icon size={36} stroke={1.3} />
      <p className={classes.emptyTitle}>{title}</p>
      {text && <p className={classes.emptyText}>{text}</p>}
      {action}
    </div>
  );
}
