import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { useApiQuery } from "../../api/context";
import { useIdentity } from "../../auth/context";
import { Chart } from "../../charts/Chart";
import { useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { LogTable } from "../../parts/LogTable";
import { Card } from "../../ui/Card";
import { ExportButton } from "../../ui/ExportButton";
import { Count, Money } from "../../ui/Figure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { RangeNote, RangePicker } from "../../ui/RangePicker";
import { Delta, Stat, Stats } from "../../ui/Stat";

type Statistics = components["schemas"]["Statistics"];

const METRICS = ["cost", "requests", "tokens"] as const;
type Metric = (typeof METRICS)[number];

/** What a user used: the figures, day by day, and every call. */
export function Component() {
  const t = useT();
  const { userId } = useIdentity();
  const { query, previousQuery } = useRange();
  const current = useApiQuery("/api/usage-logs/stats", { query });
  const before = useApiQuery("/api/usage-logs/stats", { query: previousQuery });
  const previous = before.isPlaceholderData ? undefined : before.data?.statistics;
  const found = current.data?.statistics;
  return (
    <Page
      title={t("usage.title")}
      lead={<RangeNote />}
      actions={
        <>
          <RangePicker />
          <ExportButton path="/api/usage-logs/export" query={query} />
        </>
      }
    >
      <Loaded query={current} height={420}>
        {({ statistics }) => (
          <>
            <Headline now={statistics} before={previous} />
            <Daily days={statistics.byDay} />
          </>
        )}
      </Loaded>
      <LogTable
        userId={userId}
        range={query}
        services={found?.byService.map(({ service }) => service) ?? []}
        models={[...new Set(found?.byModel.flatMap(({ model }) => model ?? []))]}
      />
    </Page>
  );
}

function Headline({ now, before }: { now: Statistics; before: Statistics | undefined }) {
  const t = useT();
  const formats = useFormats();
  const { previous } = useRange();
  const against = t("common.against", { range: formats.range(previous.start, previous.end) });
  return (
    <Stats>
      <Stat
        label={t("usage.cost")}
        value={<Money value={now.cost} />}
        delta={before && <Delta now={now.cost} before={before.cost} against={against} />}
      />
      <Stat
        label={t("usage.credits")}
        value={<Count value={now.credits} />}
        delta={before && <Delta now={now.credits} before={before.credits} against={against} />}
      />
      <Stat
        label={t("usage.requests")}
        value={<Count value={now.requests} />}
        delta={before && <Delta now={now.requests} before={before.requests} against={against} />}
        detail={t("usage.errorRate", { rate: formats.percent(now.errorRate) })}
      />
      <Stat
        label={t("usage.tokens")}
        value={<Count value={now.tokens.total} />}
        delta={
          before && <Delta now={now.tokens.total} before={before.tokens.total} against={against} />
        }
      />
    </Stats>
  );
}

function Daily({ days }: { days: Statistics["byDay"] }) {
  const t = useT();
  const formats = useFormats();
  const [metric, setMetric] = useState<Metric>("cost");
  return (
    <Card
      title={t("usage.daily")}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={t("usage.measure")}
          value={metric}
          onChange={(value) => setMetric(value)}
          data={METRICS.map((value) => ({ value, label: t(`usage.${value}`) }))}
        />
      }
    >
      <Chart
        label={t("usage.daily")}
        kind="bar"
        height={240}
        data={{
          categories: days.map(({ date }) => ({
            key: date,
            label: formats.shortDay(date),
            name: formats.longDay(date),
          })),
          series: [
            {
              key: metric,
              name: t(`usage.${metric}`),
              values: days.map((day) => (metric === "tokens" ? day.tokens.total : day[metric])),
            },
          ],
          ...(metric === "cost" ? formats.moneyScale : formats.countScale),
        }}
      />
    </Card>
  );
}
