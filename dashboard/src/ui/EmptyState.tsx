import { IconInbox } from "@tabler/icons-react";
import type { ComponentType, ReactNode } from "react";
import classes from "./ui.module.css";

/** Nothing to show: says so, and what to do about it. */
export function EmptyState({
  icon: Icon = IconInbox,
  title,
  text,
  action,
  heading = false,
}: {
  icon?: ComponentType<{ size?: number; stroke?: number }>;
  title: string;
  text?: ReactNode;
  action?: ReactNode;
  /** It is all of the screen: its title is the screen's heading. */
  heading?: boolean;
}) {
  const Title = heading ? "h1" : "p";
  return (
    <div className={classes.empty}>
      <Icon size={36} stroke={1.3} />
      <Title className={classes.emptyTitle}>{title}</Title>
      {text && <p className={classes.emptyText}>{text}</p>}
      {action}
    </div>
  );
}
