import { useNavigate } from "react-router";
import type { components } from "../../api/generated/schema";
import { Chart } from "../../charts/Chart";
import { endOfMonth } from "../../format/dates";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { Money } from "../../ui/Figure";
import { Delta } from "../../ui/Stat";
import { exploreLink } from "./explore";
import classes from "./overview.module.css";

type Comparison = components["schemas"]["MonthsCompared"];
type Forecast = components["schemas"]["Forecast"];

/** This month against the last, the ones before, and where it is heading. */
export function Months({ comparison, forecast }: { comparison: Comparison; forecast?: Forecast }) {
  const t = useT();
  const formats = useFormats();
  const navigate = useNavigate();
  const { months, currentMonth, previousMonth } = comparison;
  const last = months.at(-2)?.month;
  return (
    <Card
      title={t("overview.months")}
      note={
        <span className={classes.inline}>
          <Money value={currentMonth} />
          {last && (
            <Delta
              now={currentMonth}
              before={previousMonth}
              against={t("common.against", { range: formats.month(last) })}
            />
          )}
          {forecast && (
            <span>{t("overview.forecast", { amount: formats.money(forecast.monthEndCost) })}</span>
          )}
        </span>
      }
    >
      <Chart
        label={t("overview.months")}
        kind="bar"
        height={230}
        onSelect={(month) =>
          void navigate(
            exploreLink(
              new URLSearchParams({ from: `${month}-01`, to: endOfMonth(`${month}-01`) }),
              {
                groupBy: "day",
              },
            ),
          )
        }
        data={{
          categories: months.map(({ month }) => ({
            key: month,
            label: formats.shortMonth(month),
            name: formats.month(month),
          })),
          series: [
            { key: "cost", name: t("overview.cost"), values: months.map(({ cost }) => cost) },
          ],
          ...formats.moneyScale,
        }}
      />
    </Card>
  );
}
