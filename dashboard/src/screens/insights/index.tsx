import { Skeleton } from "@mantine/core";
import { useApiQuery } from "../../api/context";
import { useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Columns } from "../../ui/Card";
import { Money } from "../../ui/Figure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import { Stat, Stats } from "../../ui/Stat";
import { Method } from "./Method";
import { RunOut } from "./RunOut";
import { Savings } from "./Savings";

/** What could cost less, and what the month will come to; each figure with its arithmetic. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { query, range } = useRange();
  const ahead = useApiQuery("/api/analytics/forecast", {});
  const savings = useApiQuery("/api/analytics/savings", { query });
  return (
    <Page
      title={t("insights.title")}
      lead={formats.range(range.start, range.end)}
      actions={<RangePicker />}
    >
      <Loaded query={ahead} height={420}>
        {({ forecast }) => (
          <>
            <Stats>
              <Stat
                label={t("insights.monthEnd")}
                value={<Money value={forecast.monthEndCost} />}
                detail={t("insights.between", {
                  low: formats.money(forecast.low),
                  high: formats.money(forecast.high),
                })}
              />
              <Stat label={t("insights.spent")} value={<Money value={forecast.basis.spent} />} />
              <Stat label={t("insights.toCome")} value={<Money value={forecast.basis.toCome} />} />
              <Stat
                label={t("insights.couldSave")}
                value={
                  savings.data ? (
                    <Money value={savings.data.totals.saving} />
                  ) : (
                    <Skeleton height={40} width={120} visible={!savings.error} />
                  )
                }
                detail={t("insights.couldSaveDetail")}
              />
            </Stats>
            <Columns>
              <Method basis={forecast.basis} />
              <RunOut basis={forecast.basis} users={forecast.creditRunOut} />
            </Columns>
          </>
        )}
      </Loaded>
      <Savings found={savings} />
    </Page>
  );
}
