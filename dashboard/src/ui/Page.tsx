import type { ReactNode } from "react";
import { useTitle } from "./useTitle";
import classes from "./ui.module.css";

/** A screen's heading, what can be done there, and its filters. Names the browser's tab, too. */
export function Page({
  title,
  lead,
  actions,
  filters,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  filters?: ReactNode;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <>
      <header className={classes.pageHead}>
        <div>
          <h1 className={classes.title}>{title}</h1>
          {lead && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {filters && <div className={classes.filters}>{filters}</div>}
      <div className={classes.stack}>{children}</div>
    </>
  );
}
