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
import { byRise, earlierOf, figureOf, newsOf } from "./change";
import classes from "./explore.module.css";
import { type Group, isSum, type Measure, MEASURES, modelOf, TIMES } from "./question";

type Found = Answer<"/api/analytics/query">;
type Row = Found["rows"][number];

/** Bars that are drawn; the table has every row. */
const BARS = 15;

/** What the rows are put in the order of, beside what is measured. */
export const RISE = "rise";

/** The answer as a chart, and every figure of it in a table, beside what it was before. */
export function Result({
  group,
  metric,
  rising,
  answer,
  stale,
  before,
  against,
  onSort,
  link,
  onOpen,
}: {
  group: Group;
  metric: Measure;
  /** Whether what rose most comes first, rather than what is most. */
  rising: boolean;
  answer: Found | undefined;
  stale: boolean;
  /** The same of the range before, once it is there. */
  before: Found | undefined;
  against: string;
  onSort: (by: string) => void;
  /** Where a row leads; null where nothing finer is kept. */
  link: (key: string) => string | null;
  onOpen: (key: string) => void;
}) {
  const t = useT();
  const formats = useFormats();
  const time = TIMES.has(group);
  const rows = answer?.rows;
  const most =
    rows && !time
      ? [...rows].sort((a, b) => compare(figureOf(b, metric) ?? 0, figureOf(a, metric) ?? 0))
      : rows;
  const sorted = most && !time && rising && before ? byRise(most, before, metric) : most;
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
  const earlier = (row: Row) => (before ? earlierOf(before, row.key, metric) : null);
  const change = (row: Row) => {
    const [now, then] = [figureOf(row, metric), earlier(row)];
    return now === null || then === null ? null : (
      <Delta now={now} before={then} good={newsOf(metric)} />
    );
  };
  const column = (of: Measure): Column<Row> => ({
    key: of,
    title: t(`explore.${of}`),
    cell: (row) => show(of, row),
    numeric: true,
    // On a phone a row is what was chosen, and what gives it its scale.
    aside: of === metric,
    minor: of !== metric && of !== "requests" && of !== "cost",
    ...(time ? {} : { sort: of }),
  });
  // Times have no likeness in the range before.
  const risen: Column<Row>[] = time
    ? []
    : [
        {
          key: "before",
          title: t("common.before"),
          cell: (row) => {
            const then = earlier(row);
            return then === null ? before && "–" : show(metric, { [metric]: then });
          },
          numeric: true,
          minor: true,
        },
        { key: RISE, title: t("explore.change"), cell: change, numeric: true, sort: RISE },
      ];
  const columns: Column<Row>[] = [
    { key: "key", title: t(`explore.by_${group}`), cell: name, main: true },
    // All sums, and what was chosen beside them: more columns than that have no room.
    ...MEASURES.filter((of) => isSum(of) || of === metric).flatMap((of) =>
      of === metric ? [column(of), ...risen] : [column(of)],
    ),
  ];
  const total = answer && figureOf(answer.totals, metric);
  const totalBefore = before && figureOf(before.totals, metric);
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
            {total !== undefined && total !== null && totalBefore !== undefined && (
              <Delta
                now={total}
                before={totalBefore ?? 0}
                good={newsOf(metric)}
                against={against}
              />
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
              const whole = isSum(metric) ? total : figureOf((most ?? [])[0] ?? {}, metric);
              const share = divide(figureOf(row, metric) ?? 0, whole ?? 0, 4) ?? 0;
              const to = row.key === null ? null : link(row.key);
              return {
                key: row.key ?? "",
                name: name(row),
                share,
                value: show(metric, row),
                detail: isSum(metric) ? formats.percent(share) : change(row),
                ...(to ? { to } : {}),
              };
            })}
          />
        )}
      </Card>
      <Card
        title={t("explore.table")}
        flush
        note={
          <>
            {!time && <div>{against}</div>}
            {answer?.truncated && <div>{t("explore.truncated")}</div>}
          </>
        }
      >
        <DataTable
          label={t("explore.table")}
          columns={columns}
          data={{ rows: sorted, isPlaceholderData: stale }}
          rowKey={(row) => row.key ?? ""}
          sorting={{
            by: rising ? RISE : metric,
            onSort,
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
