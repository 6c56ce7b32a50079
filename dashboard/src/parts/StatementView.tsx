import { Button, Select } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { components } from "../api/generated/schema";
import { useWorkspace } from "../app/workspace";
import { Chart } from "../charts/Chart";
import { daysAlong } from "../charts/data";
import { useAddress } from "../filters/useFilters";
import { useFormats } from "../format/context";
import { addMonths, localDay, startOfMonth } from "../format/dates";
import { useT } from "../i18n/context";
import { Card, Columns } from "../ui/Card";
import { type Column, DataTable } from "../ui/DataTable";
import { EmptyState } from "../ui/EmptyState";
import { Count } from "../ui/Figure";
import { Stat, Stats } from "../ui/Stat";
import classes from "./parts.module.css";
import { REASONS } from "./TransactionTable";

type Statement = components["schemas"]["Statement"];
type Service = components["schemas"]["StatementService"];

const MONTHS = 24;

/** The month a statement is of, in the address; this one unless another was chosen. */
export function useMonth(): [string, (month: string) => void, string[]] {
  const { timezone } = useWorkspace();
  const [address, change] = useAddress();
  const first = startOfMonth(localDay(timezone));
  const months = Array.from({ length: MONTHS }, (_, back) => addMonths(first, -back).slice(0, 7));
  const asked = address.get("month");
  const month = months.find((name) => name === asked) ?? first.slice(0, 7);
  return [month, (to) => change({ month: to }), months];
}

export function MonthPicker() {
  const t = useT();
  const formats = useFormats();
  const [month, setMonth, months] = useMonth();
  return (
    <span className={classes.noPrint}>
      <Select
        aria-label={t("statement.month")}
        data={months.map((value) => ({ value, label: formats.month(value) }))}
        value={month}
        onChange={(value) => {
          if (value) setMonth(value);
        }}
        allowDeselect={false}
      />
    </span>
  );
}

/** On paper: whose statement it is. */
export function PrintedFor({ userId }: { userId: string }) {
  const { name } = useWorkspace();
  return <span className={classes.printOnly}>{` · ${userId} · ${name}`}</span>;
}

export function PrintButton() {
  const t = useT();
  return (
    <Button
      className={classes.noPrint ?? ""}
      variant="default"
      leftSection={<IconPrinter size={16} stroke={1.6} aria-hidden="true" />}
      onClick={() => window.print()}
    >
      {t("statement.print")}
    </Button>
  );
}

/** A month of an account: from the opening to the closing balance, and what lies between. */
export function StatementView({
  statement,
  actions,
}: {
  statement: Statement;
  actions?: ReactNode;
}) {
  const t = useT();
  const formats = useFormats();
  const change = statement.closingBalance - statement.openingBalance;
  const columns: Column<Service>[] = [
    { key: "service", title: t("statement.service"), cell: ({ service }) => service, main: true },
    {
      key: "requests",
      title: t("statement.requests"),
      cell: ({ requests }) => <Count value={requests} exact />,
      numeric: true,
    },
    {
      key: "credits",
      title: t("statement.credits"),
      cell: ({ credits }) => <Count value={credits} exact />,
      numeric: true,
    },
  ];
  return (
    <>
      {actions && <div className={classes.actions}>{actions}</div>}
      <Stats>
        <Stat
          label={t("statement.opening")}
          value={<Count value={statement.openingBalance} exact />}
        />
        <Stat label={t("statement.change")} value={formats.signed(change)} />
        <Stat
          label={t("statement.closing")}
          value={<Count value={statement.closingBalance} exact />}
        />
      </Stats>
      <Columns>
        <Card title={t("statement.movements")}>
          <Movements statement={statement} />
        </Card>
        <Card title={t("statement.byService")} flush>
          <DataTable
            label={t("statement.byService")}
            columns={columns}
            data={{ rows: statement.byService }}
            rowKey={({ service }) => service}
            empty={<EmptyState title={t("statement.none")} />}
          />
        </Card>
      </Columns>
      <Card title={t("statement.daily")}>
        <Chart
          label={t("statement.daily")}
          kind="line"
          height={220}
          data={{
            categories: daysAlong(
              statement.days.map(({ date }) => date),
              formats,
            ),
            series: [
              {
                key: "balance",
                name: t("statement.closing"),
                values: statement.days.map(({ closingBalance }) => closingBalance),
              },
            ],
            ...formats.countScale,
          }}
        />
      </Card>
    </>
  );
}

/** From the opening balance over what moved it to the closing one. */
function Movements({ statement }: { statement: Statement }) {
  const t = useT();
  const formats = useFormats();
  return (
    <table className={classes.ledger} aria-label={t("statement.movements")}>
      <tbody>
        <tr data-balance>
          <th scope="row">{t("statement.opening")}</th>
          <td>{formats.count(statement.openingBalance)}</td>
        </tr>
        {REASONS.map((reason) => (
          <tr key={reason}>
            <th scope="row">{t(`transactions.reason_${reason}`)}</th>
            <td>{formats.signed(statement.totals[reason])}</td>
          </tr>
        ))}
        <tr data-balance>
          <th scope="row">{t("statement.closing")}</th>
          <td>{formats.count(statement.closingBalance)}</td>
        </tr>
      </tbody>
    </table>
  );
}
