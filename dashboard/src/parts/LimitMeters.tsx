import type { components } from "../api/generated/schema";
import { useFormats } from "../format/context";
import { divide } from "../format/decimal";
import { useT } from "../i18n/context";
import { EmptyState } from "../ui/EmptyState";
import { When } from "../ui/Figure";
import { Meter } from "../ui/Meter";
import { useMetricFigure } from "../ui/useAlertText";
import classes from "./meters.module.css";

type Threshold = components["schemas"]["Threshold"];
type Standing = components["schemas"]["Standing"];

/** How much of each limit is used, as meters. */
export function LimitMeters({ thresholds, none }: { thresholds: Threshold[]; none: string }) {
  const t = useT();
  const limited = thresholds.filter(({ current }) => current?.daily ?? current?.monthly);
  if (limited.length === 0) return <EmptyState title={t("home.noLimits")} text={none} />;
  return (
    <div className={classes.meters}>
      {limited.map((threshold) => (
        <Limit key={threshold.id} threshold={threshold} />
      ))}
    </div>
  );
}

function Limit({ threshold }: { threshold: Threshold }) {
  const t = useT();
  const { metric, current, dailyLimit, monthlyLimit } = threshold;
  return (
    <>
      {current?.daily && dailyLimit !== undefined && (
        <Line
          label={t(`home.daily_${metric}`)}
          metric={metric}
          limit={dailyLimit}
          now={current.daily}
        />
      )}
      {current?.monthly && monthlyLimit !== undefined && (
        <Line
          label={t(`home.monthly_${metric}`)}
          metric={metric}
          limit={monthlyLimit}
          now={current.monthly}
        />
      )}
    </>
  );
}

function Line({
  label,
  metric,
  limit,
  now,
}: {
  label: string;
  metric: Threshold["metric"];
  limit: NonNullable<Threshold["dailyLimit"]>;
  now: Standing;
}) {
  const t = useT();
  const formats = useFormats();
  const figure = useMetricFigure();
  // The limit names the unit.
  const used = metric === "cost" ? formats.money(now.value) : formats.count(now.value);
  const share = divide(now.percent, 100, 4);
  return (
    <div>
      <Meter label={label} percent={now.percent}>
        {t("home.used", { used, limit: figure(metric, limit) })}
      </Meter>
      <p className={classes.reset}>
        <span>
          {t("home.resets")} <When at={now.resetsAt} />
        </span>
        <span>{t("home.usedPercent", { percent: formats.percent(share ?? 0, 0) })}</span>
      </p>
    </div>
  );
}
