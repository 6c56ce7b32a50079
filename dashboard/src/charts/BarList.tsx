import type { ReactNode } from "react";
import { Link } from "react-router";
import { approximate, type Figure } from "../format/decimal";
import classes from "./charts.module.css";

export interface BarItem {
  key: string;
  name: string;
  /** A line below the name. */
  note?: string;
  /** What the bar's length says, from 0 to 1 of the whole. */
  share: Figure;
  /** The figures on the right. */
  value: ReactNode;
  detail?: ReactNode;
  to?: string;
}

/** A ranking: name, bar and figure, each row leading to what is behind it. */
export function BarList({ label, items }: { label: string; items: readonly BarItem[] }) {
  const longest = Math.max(...items.map(({ share }) => approximate(share)), 0) || 1;
  return (
    <ol className={classes.bars} aria-label={label}>
      {items.map(({ key, name, note, share, value, detail, to }) => (
        <li key={key} className={classes.bar}>
          <span className={classes.barName}>
            {to ? (
              <Link to={to} className={classes.barLink}>
                {name}
              </Link>
            ) : (
              name
            )}
            {note && <span className={classes.barNote}>{note}</span>}
          </span>
          <span className={classes.barValue}>{value}</span>
          <svg className={classes.barTrack} aria-hidden="true">
            <rect width="100%" height="6" rx="3" fill="var(--sunken)" />
            <rect
              width={`${(100 * approximate(share)) / longest}%`}
              height="6"
              rx="3"
              fill="var(--series-1)"
            />
          </svg>
          <span className={classes.barDetail}>{detail}</span>
        </li>
      ))}
    </ol>
  );
}
