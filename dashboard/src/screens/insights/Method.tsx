import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import classes from "./insights.module.css";

/** How the month's cost was reckoned, and on what that was tried. */
export function Method({ basis }: { basis: components["schemas"]["ForecastBasis"] }) {
  const t = useT();
  const { count } = useFormats();
  const bounds = { low: count(basis.lowRatio), high: count(basis.highRatio) };
  return (
    <Card title={t("insights.method")}>
      <div className={classes.method}>
        <p>
          {t("insights.shape", {
            shape: count(basis.shapeWeeks),
            level: count(basis.levelWeeks),
          })}
        </p>
        <p>
          {basis.replayedStretches === 0
            ? t("insights.untested", bounds)
            : t("insights.tested", {
                stretches: count(basis.replayedStretches),
                days: count(basis.stretchDays),
                weeks: count(basis.replayedWeeks),
                ...bounds,
              })}
        </p>
      </div>
    </Card>
  );
}
