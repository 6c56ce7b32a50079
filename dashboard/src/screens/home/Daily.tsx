import { Skeleton } from "@mantine/core";
import type { components } from "../../api/generated/schema";
import { Chart } from "../../charts/Chart";
import { daysAlong } from "../../charts/data";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { MoreLink } from "../../ui/MoreLink";

const HEIGHT = 200;

/** This month's cost, day by day; its place until the days are known. */
export function Daily({ days }: { days: components["schemas"]["DayMeasures"][] | undefined }) {
  const t = useT();
  const formats = useFormats();
  return (
    <Card
      title={t("home.daily")}
      actions={<MoreLink to="/usage?range=month" of={t("home.daily")} />}
    >
      {days ? (
        <Chart
          label={t("home.daily")}
          kind="bar"
          height={HEIGHT}
          data={{
            categories: daysAlong(
              days.map(({ date }) => date),
              formats,
            ),
            series: [{ key: "cost", name: t("home.cost"), values: days.map(({ cost }) => cost) }],
            ...formats.moneyScale,
          }}
        />
      ) : (
        <Skeleton height={HEIGHT} />
      )}
    </Card>
  );
}
