import { useState } from "react";
import { useNavigate } from "react-router";
import { useApiQuery } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { Money } from "../../ui/Figure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import { Stat, Stats } from "../../ui/Stat";
import { Tag } from "../../ui/Tag";

type Saving = components["schemas"]["Saving"];
type RunOut = components["schemas"]["CreditRunOut"];

/** What could cost less, and what the month will come to; each figure with its arithmetic. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { range } = useRange();
  return (
    <Page
      title={t("insights.title")}
      lead={formats.range(range.start, range.end)}
      actions={<RangePicker />}
    >
      <ForecastPart />
      <SavingsPart />
    </Page>
  );
}

/** Those whose credits run out first; the rest when they are asked for. */
const SHOWN_FIRST = 8;

function ForecastPart() {
  const t = useT();
  const [all, setAll] = useState(false);
  const formats = useFormats();
  const navigate = useNavigate();
  const found = useApiQuery("/api/analytics/forecast", {});
  const columns: Column<RunOut>[] = [
    { key: "user", title: t("insights.user"), cell: ({ userId }) => userId, main: true },
    { key: "date", title: t("insights.runsOut"), cell: ({ date }) => formats.longDay(date) },
  ];
  return (
    <Loaded query={found} height={260}>
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
          </Stats>
          <Card title={t("insights.method")}>
            <p className={classes.arithmetic}>{forecast.method}</p>
          </Card>
          <Card title={t("insights.runOut")} flush>
            <DataTable
              label={t("insights.runOut")}
              columns={columns}
              data={{
                rows: all ? forecast.creditRunOut : forecast.creditRunOut.slice(0, SHOWN_FIRST),
                total: forecast.creditRunOut.length,
                hasMore: !all && forecast.creditRunOut.length > SHOWN_FIRST,
                more: () => setAll(true),
              }}
              rowKey={({ userId }) => userId}
              onOpen={({ userId }) => void navigate(`/users/${encodeURIComponent(userId)}`)}
              empty={
                <EmptyState title={t("insights.noRunOut")} text={t("insights.noRunOutText")} />
              }
            />
          </Card>
        </>
      )}
    </Loaded>
  );
}

function SavingsPart() {
  const t = useT();
  const { query } = useRange();
  const found = useApiQuery("/api/analytics/savings", { query });
  const columns: Column<Saving>[] = [
    {
      key: "what",
      title: t("insights.what"),
      cell: ({ service, model }) => `${service} · ${model ?? t("common.noModel")}`,
      main: true,
    },
    {
      key: "kind",
      title: t("insights.kind"),
      cell: ({ kind }) => <Tag tone="info">{t(`insights.kind_${kind}`)}</Tag>,
    },
    {
      key: "proposal",
      title: t("insights.proposal"),
      cell: ({ proposal, basis }) => (
        <details>
          <summary>{proposal}</summary>
          <p className={classes.arithmetic}>{basis}</p>
        </details>
      ),
    },
    {
      key: "now",
      title: t("insights.now"),
      cell: ({ currentCost }) => <Money value={currentCost} />,
      numeric: true,
    },
    {
      key: "then",
      title: t("insights.then"),
      cell: ({ proposedCost }) => <Money value={proposedCost} />,
      numeric: true,
    },
    {
      key: "saving",
      title: t("insights.saving"),
      cell: ({ saving }) => <Money value={saving} />,
      numeric: true,
    },
  ];
  return (
    <>
      {found.data && (
        <Stats>
          <Stat
            label={t("insights.couldSave")}
            value={<Money value={found.data.totals.saving} />}
          />
        </Stats>
      )}
      <Card title={t("insights.savings")} note={t("insights.savingsText")} flush>
        <DataTable
          label={t("insights.savings")}
          columns={columns}
          data={{
            rows: found.data?.savings,
            error: found.error,
            isPlaceholderData: found.isPlaceholderData,
            refetch: found.refetch,
          }}
          rowKey={({ kind, service, model, proposal }) =>
            [kind, service, model ?? "", proposal].join(" ")
          }
          empty={<EmptyState title={t("insights.none")} text={t("insights.noneText")} />}
        />
      </Card>
    </>
  );
}
