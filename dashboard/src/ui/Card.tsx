import { createContext, type ReactNode, useId, useState } from "react";
import classes from "./ui.module.css";

/** The place right of a card's heading where what is inside the card puts a button of its own. */
export const CardCorner = createContext<HTMLElement | null>(null);

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
  const [corner, setCorner] = useState<HTMLElement | null>(null);
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
          <div className={classes.actions}>
            {actions}
            <span ref={setCorner} className={classes.corner} />
          </div>
        </div>
      )}
      <div className={flush ? classes.flush : classes.cardBody}>
        <CardCorner value={corner}>{children}</CardCorner>
      </div>
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
