import { useCallback } from "react";
import type { components } from "../api/generated/schema";
import type { Figure } from "../format/decimal";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";

type Alert = components["schemas"]["Alert"];
type Metric = Alert["metric"];

/** A figure of a metric as it reads: money for cost, whole numbers otherwise. */
export function useMetricFigure(): (metric: Metric, value: Figure) => string {
  const t = useT();
  const formats = useFormats();
  return useCallback(
    (metric: Metric, value: Figure) =>
      metric === "cost"
        ? formats.money(value)
        : t(`limits.amount_${metric}`, { amount: formats.count(value) }),
    [t, formats],
  );
}

/** An alert as a sentence: who, which limit, how much. */
export function useAlertText(): (alert: Alert) => string {
  const t = useT();
  const figure = useMetricFigure();
  return useCallback(
    (alert: Alert) => {
      const parameters = {
        who: alert.userId ?? t("limits.wholeWorkspace"),
        limit: figure(alert.metric, alert.thresholdValue),
        actual: figure(alert.metric, alert.actualValue),
        percent: alert.percent ?? 100,
      };
      return t(`limits.sentence_${alert.thresholdType}`, parameters);
    },
    [t, figure],
  );
}
