import type { components } from "../../api/generated/schema";
import { useT } from "../../i18n/context";
import { Meter } from "../../ui/Meter";
import classes from "./limits.module.css";

type Current = NonNullable<components["schemas"]["Threshold"]["current"]>;

const PERIODS = [
  ["daily", "today"],
  ["monthly", "thisMonth"],
] as const;

/** How much of a limit is used, of the day's and of the month's. */
export function Used({ current }: { current: Current }) {
  const t = useT();
  return (
    <div className={classes.used}>
      {PERIODS.map(([period, name]) => {
        const standing = current[period];
        return (
          standing && (
            <Meter key={period} label={t(`limits.${name}`)} percent={standing.percent}>
              {standing.percent}%
            </Meter>
          )
        );
      })}
    </div>
  );
}
