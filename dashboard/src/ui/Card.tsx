import { type ReactNode, useId } from "react";
import classes from "./ui.module.css";

/** A part of a screen with a heading of its own. */
export function Card({
  title,
  note,
  actions,
  flush = false,
  children,
}: {
  title?: string;
  note?: ReactNode;
  actions?: ReactNode;
  /** Without space around: for tables. */
  flush?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={classes.card} {...(title ? { "aria-labelledby": id } : {})}>
      {(title ?? actions) && (
        <div className={classes.cardHead}>
          <div>
            {title && (
              <h2 className={classes.section} id={id}>
                {title}
              </h2>
            )}
            {note && <div className={classes.note}>{note}</div>}
          </div>
          {actions && <div className={classes.actions}>{actions}</div>}
        </div>
      )}
      <div className={flush ? classes.flush : classes.cardBody}>{children}</div>
    </section>
  );
}

/** Cards side by side: `columns` of them where there is room, fewer where there is not. */
export function Columns({ columns = 2, children }: { columns?: 2 | 3 | 4; children: ReactNode }) {
  return (
    <div className={classes.columns} data-columns={columns}>
      {children}
    </div>
  );
}
