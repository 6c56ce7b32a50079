import { Skeleton } from "@mantine/core";
import type { Answer } from "../../api/client";
import { BarList } from "../../charts/BarList";
import { Chart } from "../../charts/Chart";
import { compare, divide, type Figure } from "../../format/decimal";
import { useFormats } from "../../format/context";
import type { Scale } from "../../format/formats";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { Count, Money } from "../../ui/Figure";
import { Delta } from "../../ui/Stat";
import classes from "./explore.module.css";
import { type Group, isSum, type Measure, MEASURES, modelOf, TIMES } from "./question";

type Found = Answer<"/api/analytics/query">;
type Row = Found["rows"][number];

/** Bars that are drawn; the table has every row. */
const BARS = 15;

/** What of a row is measured; null where it is not kept. */
export function figureOf(row: object, metric: Measure): Figure | null {
  const measures = row as Partial<Record<Measure, Figure | { total: number }>>;
  const figure = measures[metric];
  if (figure === undefined) return null;
  return typeof figure === "object" ? figure.total : figure;
}

/** The answer as a chart, and every figure of it in a table. */
export function Result({
  group,
  metric,
  answer,
  stale,
  before,
  against,
  onMetric,
  link,
  onOpen,
}: {
  group: Group;
  metric: Measure;
  answer: Found | undefined;
  stale: boolean;
  /** The same of the range before, once it is there. */
  before: Found["totals"] | undefined;
  against: string;
  onMetric: (metric: Measure) => void;
  /** Where a row leads; null where nothing finer is kept. */
  link: (key: string) => string | null;
  onOpen: (key: string) => void;
}) {
  const t = useT();
  const formats = useFormats();
  const time = TIMES.has(group);
  const rows = answer?.rows;
  const sorted =
    rows && !time
      ? [...rows].sort((a, b) => compare(figureOf(b, metric) ?? 0, figureOf(a, metric) ?? 0))
      : rows;
  const name = (row: Row) =>
    time
      ? formats.key(row.key ?? "")
      : group === "status" && (row.key === "success" || row.key === "error")
        ? t(`usage.${row.key}`)
        : row.key === null
          ? t("explore.unknown")
          : group === "model"
            ? nameOfModel(row.key)
            : row.key;
  const nameOfModel = (key: string) => {
    const { service, model } = modelOf(key);
    return `${service} · ${model || t("common.noModel")}`;
  };
  const show = (of: Measure, row: object) => {
    const figure = figureOf(row, of);
    if (figure === null) return "–";
    if (of === "cost") return <Money value={figure} />;
    return isSum(of) ? <Count value={figure} /> : rate(of, figure);
  };
  const rate = (of: Measure, figure: Figure) =>
    of === "errorRate"
      ? formats.percent(figure, 2)
      : of === "averageResponseBytes"
        ? formats.bytes(figure)
        : of === "tokensPerSecond"
          ? formats.count(figure)
          : formats.duration(figure);
  const scale: Scale =
    metric === "cost"
      ? formats.moneyScale
      : isSum(metric)
        ? formats.countScale
        : {
            axis: (figure) => rate(metric, figure),
            format: (figure) => rate(metric, figure),
            exact: (figure) => rate(metric, figure),
          };
  const columns: Column<Row>[] = [
    { key: "key", title: t(`explore.by_${group}`), cell: name, main: true },
    // All sums, and what was chosen beside them: more columns than that have no room.
    ...MEASURES.filter((of) => isSum(of) || of === metric).map((of) => ({
      key: of,
      title: t(`explore.${of}`),
      cell: (row: Row) => show(of, row),
      numeric: true,
      // On a phone a row is what was chosen, and what gives it its scale.
      aside: of === metric,
      minor: of !== metric && of !== "requests" && of !== "cost",
      ...(time ? {} : { sort: of }),
    })),
  ];
  const total = answer && figureOf(answer.totals, metric);
  const earlier = before && figureOf(before, metric);
  const leads = rows?.some(({ key }) => key !== null && link(key) !== null) ?? false;
  return (
    <>
      <Card
        title={t("explore.chart", { measure: t(`explore.${metric}`) })}
        note={
          <span className={classes.total}>
            <strong>
              {answer ? show(metric, answer.totals) : <Skeleton height={36} width={110} />}
            </strong>
            {total !== undefined && total !== null && earlier !== undefined && earlier !== null && (
              <Delta now={total} before={earlier} against={against} />
            )}
          </span>
        }
      >
        {!answer ? (
          <Skeleton height={280} />
        ) : time ? (
          <Chart
            label={t("explore.chart", { measure: t(`explore.${metric}`) })}
            kind="bar"
            height={280}
            {...(leads ? { onSelect: onOpen } : {})}
            data={{
              categories: (sorted ?? []).map((row) => ({
                key: row.key ?? "",
                label: formats.key(row.key ?? ""),
                name: formats.key(row.key ?? ""),
              })),
              series: [
                {
                  key: metric,
                  name: t(`explore.${metric}`),
                  values: (sorted ?? []).map((row) => figureOf(row, metric)),
                },
              ],
              ...scale,
            }}
          />
        ) : (
          <BarList
            label={t("explore.chart", { measure: t(`explore.${metric}`) })}
            items={(sorted ?? []).slice(0, BARS).map((row) => {
              // Of a mean there is no share: bars are measured against the longest.
              const whole = isSum(metric) ? total : figureOf((sorted ?? [])[0] ?? {}, metric);
              const share = divide(figureOf(row, metric) ?? 0, whole ?? 0, 4) ?? 0;
              const to = row.key === null ? null : link(row.key);
              return {
                key: row.key ?? "",
                name: name(row),
                share,
                value: show(metric, row),
                ...(isSum(metric) ? { detail: formats.percent(share) } : {}),
                ...(to ? { to } : {}),
              };
            })}
          />
        )}
      </Card>
      <Card title={t("explore.table")} flush note={answer?.truncated && t("explore.truncated")}>
        <DataTable
          label={t("explore.table")}
          columns={columns}
          data={{ rows: sorted, isPlaceholderData: stale }}
          rowKey={(row) => row.key ?? ""}
          sorting={{
            by: metric,
            onSort: (by) => onMetric(MEASURES.find((one) => one === by) ?? "cost"),
          }}
          {...(leads
            ? {
                onOpen: (row: Row) => {
                  if (row.key !== null) onOpen(row.key);
                },
              }
            : {})}
          empty={<EmptyState title={t("explore.none")} text={t("explore.noneText")} />}
        />
      </Card>
    </>
  );
}
