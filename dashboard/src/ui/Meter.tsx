import type { ReactNode } from "react";
import { approximate, compare, type Figure } from "../format/decimal";
import classes from "./ui.module.css";

/** How much of a limit is used; `percent` from 0, beyond 100 where a limit does not block. */
export function Meter({
  label,
  percent,
  children,
}: {
  label: string;
  percent: Figure;
  /** The figures, right of the label. */
  children?: ReactNode;
}) {
  const filled = Math.max(0, Math.min(100, approximate(percent)));
  const tone =
    compare(percent, 100) >= 0 ? "--bad" : compare(percent, 80) >= 0 ? "--warn" : "--accent";
  return (
    <div className={classes.meter}>
      <div className={classes.meterHead}>
        <span>{label}</span>
        <span>{children}</span>
      </div>
      <svg
        className={classes.meterTrack}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(filled)}
      >
        <rect width="100%" height="8" rx="4" fill="var(--sunken)" />
        <rect width={`${filled}%`} height="8" rx="4" fill={`var(${tone})`} />
      </svg>
    </div>
  );
}
