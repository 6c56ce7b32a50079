import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { type Column, DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { When } from "../../ui/Figure";
import { useMetricFigure } from "../../ui/useAlertText";

type Firing = components["schemas"]["Firing"];

/** When the limit would have warned, had it been there. */
export function Trial({
  answer,
  metric,
}: {
  answer: components["schemas"]["TrialAnswer"];
  metric: components["schemas"]["Threshold"]["metric"];
}) {
  const t = useT();
  const formats = useFormats();
  const figure = useMetricFigure();
  const columns: Column<Firing>[] = [
    { key: "at", title: t("limits.at"), cell: ({ at }) => <When at={at} />, main: true },
    {
      key: "who",
      title: t("limits.who"),
      cell: ({ userId }) => userId ?? t("limits.wholeWorkspace"),
    },
    {
      key: "percent",
      title: t("limits.percent"),
      cell: ({ percent }) => (percent === undefined ? null : `${formats.count(percent)}%`),
      numeric: true,
    },
    {
      key: "value",
      title: t("limits.value"),
      cell: ({ actualValue }) => figure(metric, actualValue),
      numeric: true,
    },
  ];
  return (
    <DataTable
      label={t("limits.firings")}
      columns={columns}
      data={{ rows: answer.firings }}
      rowKey={({ at, period, percent, userId }) =>
        [userId ?? "", period, percent ?? "", at].join(" ")
      }
      empty={<EmptyState title={t("limits.quiet")} text={t("limits.quietText")} />}
    />
  );
}
