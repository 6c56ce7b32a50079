import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { components } from "../../api/generated/schema";
import { useWorkspace } from "../../app/workspace";
import { Chart } from "../../charts/Chart";
import { daysAlong } from "../../charts/data";
import { localDay } from "../../format/dates";
import type { Figure } from "../../format/decimal";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { dayLink } from "./explore";

type Day = components["schemas"]["TimeMeasures"];
type Before = components["schemas"]["DayMeasures"];

const METRICS = ["cost", "requests", "tokens", "errors"] as const;
type Metric = (typeof METRICS)[number];

function figureOf(
  measures: Pick<Day, "cost" | "requests" | "tokens" | "errors">,
  metric: Metric,
): Figure {
  return metric === "tokens" ? measures.tokens.total : measures[metric];
}

/** Day by day, over the same days before. A day leads to its hours. */
export function Daily({ days, previous }: { days: Day[]; previous: Before[] | undefined }) {
  const t = useT();
  const formats = useFormats();
  const navigate = useNavigate();
  const { timezone } = useWorkspace();
  const [metric, setMetric] = useState<Metric>("cost");
  const money = metric === "cost";
  // Its line and its name keep their place until it is there.
  const before = days.map((_, index) => {
    const day = previous?.[index];
    return day ? figureOf(day, metric) : null;
  });
  return (
    <Card
      title={t("overview.daily")}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={t("overview.measure")}
          value={metric}
          onChange={(value) => setMetric(value)}
          data={METRICS.map((value) => ({ value, label: t(`overview.${value}`) }))}
        />
      }
    >
      <Chart
        label={t("overview.daily")}
        kind="line"
        height={280}
        onSelect={(day) => void navigate(dayLink(day, { groupBy: "hour", metric }))}
        data={{
          categories: daysAlong(
            days.map(({ key }) => key ?? ""),
            formats,
          ),
          series: [
            {
              key: "now",
              name: t(`overview.${metric}`),
              values: days.map((day) => figureOf(day, metric)),
            },
            { key: "before", name: t("common.before"), values: before, previous: true },
          ],
          unfinished: days.at(-1)?.key === localDay(timezone),
          ...(money ? formats.moneyScale : formats.countScale),
        }}
      />
    </Card>
  );
}
