import { SegmentedControl, Skeleton } from "@mantine/core";
import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { useApiQuery } from "../../api/context";
import { useIdentity } from "../../auth/context";
import { Chart } from "../../charts/Chart";
import { daysAlong } from "../../charts/data";
import { useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import type { Figure } from "../../format/decimal";
import { useT } from "../../i18n/context";
import { Change } from "../../parts/Change";
import { LogTable } from "../../parts/LogTable";
import { Soon } from "../../parts/Soon";
import { Card } from "../../ui/Card";
import { ExportButton } from "../../ui/ExportButton";
import { Count, Money } from "../../ui/Figure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { RangeNote, RangePicker } from "../../ui/RangePicker";
import { Stat, Stats } from "../../ui/Stat";

type Statistics = components["schemas"]["Statistics"];

const METRICS = ["cost", "requests", "tokens"] as const;
const HEIGHT = 240;
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
  const figures = (now?: Statistics) => (
    <>
      <Headline now={now} before={previous} />
      <Daily days={now?.byDay} />
    </>
  );
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
      <Loaded query={current} skeleton={figures()}>
        {({ statistics }) => figures(statistics)}
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

/** Figures and what they changed by; without figures yet, their places. */
function Headline({ now, before }: Record<"now" | "before", Statistics | undefined>) {
  const t = useT();
  const formats = useFormats();
  const { previous } = useRange();
  const against = t("common.against", { range: formats.range(previous.start, previous.end) });
  const change = (of: (from: Statistics) => Figure) => (
    <Change now={now && of(now)} before={before && of(before)} against={against} />
  );
  return (
    <Stats>
      <Stat
        label={t("usage.cost")}
        value={now ? <Money value={now.cost} /> : <Soon />}
        delta={change(({ cost }) => cost)}
      />
      <Stat
        label={t("usage.credits")}
        value={now ? <Count value={now.credits} /> : <Soon />}
        delta={change(({ credits }) => credits)}
      />
      <Stat
        label={t("usage.requests")}
        value={now ? <Count value={now.requests} /> : <Soon />}
        delta={change(({ requests }) => requests)}
        detail={now ? t("usage.errorRate", { rate: formats.percent(now.errorRate) }) : "\u00a0"}
      />
      <Stat
        label={t("usage.tokens")}
        value={now ? <Count value={now.tokens.total} /> : <Soon />}
        delta={change(({ tokens }) => tokens.total)}
      />
    </Stats>
  );
}

function Daily({ days }: { days: Statistics["byDay"] | undefined }) {
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
      {days ? (
        <Chart
          label={t("usage.daily")}
          kind="bar"
          height={HEIGHT}
          data={{
            categories: daysAlong(
              days.map(({ date }) => date),
              formats,
            ),
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
      ) : (
        <Skeleton height={HEIGHT} />
      )}
    </Card>
  );
}
