import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useApiQuery } from "../../api/context";
import { Chart } from "../../charts/Chart";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { Count } from "../../ui/Figure";
import { Loaded } from "../../ui/Loaded";
import { Stat, Stats } from "../../ui/Stat";

const STEPS = ["day", "month"] as const;

/** What came and went, by day or month. */
export function Summary({
  query,
}: {
  query: { startDate: string; endDate: string; userId?: string };
}) {
  const t = useT();
  const formats = useFormats();
  const [groupBy, setGroupBy] = useState<(typeof STEPS)[number]>("day");
  const summary = useApiQuery("/api/admin/transactions/summary", { query: { ...query, groupBy } });
  return (
    <Loaded query={summary} height={420}>
      {({ summary: rows, totals }) => (
        <>
          <Stats>
            <Stat label={t("ledger.credited")} value={<Count value={totals.credits} />} />
            <Stat label={t("ledger.debited")} value={<Count value={totals.debits} />} />
            <Stat label={t("ledger.net")} value={formats.signed(totals.net)} />
            <Stat label={t("ledger.count")} value={<Count value={totals.transactions} />} />
          </Stats>
          <Card
            title={t("ledger.movements")}
            actions={
              <SegmentedControl
                size="xs"
                aria-label={t("ledger.step")}
                value={groupBy}
                onChange={(value) => setGroupBy(value)}
                data={STEPS.map((value) => ({ value, label: t(`ledger.by_${value}`) }))}
              />
            }
          >
            <Chart
              label={t("ledger.movements")}
              kind="bar"
              height={240}
              data={{
                categories: rows.map(({ key }) => ({
                  key,
                  label: groupBy === "day" ? formats.shortDay(key) : formats.shortMonth(key),
                  name: groupBy === "day" ? formats.longDay(key) : formats.month(key),
                })),
                series: [
                  {
                    key: "credits",
                    name: t("ledger.credited"),
                    values: rows.map(({ credits }) => credits),
                  },
                  {
                    key: "debits",
                    name: t("ledger.debited"),
                    values: rows.map(({ debits }) => debits),
                  },
                ],
                ...formats.countScale,
              }}
            />
          </Card>
        </>
      )}
    </Loaded>
  );
}
