import { Button, Tabs } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useParams } from "react-router";
import { useApiQuery } from "../../api/context";
import { useApiList } from "../../api/lists";
import { useAddress, useRange } from "../../filters/useFilters";
import { useT } from "../../i18n/context";
import { LogTable } from "../../parts/LogTable";
import { EMPTY } from "../../parts/posting/draft";
import { PostTransaction } from "../../parts/posting/PostTransaction";
import { MonthPicker, PrintButton, StatementView, useMonth } from "../../parts/StatementView";
import { TransactionTable, useTransactionFilters } from "../../parts/TransactionTable";
import { Id } from "../../ui/CopyButton";
import { ExportButton } from "../../ui/ExportButton";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import { Account } from "./Account";
import { Erase } from "./Erase";
import { UserLimits } from "./UserLimits";
import { Verify } from "./Verify";

const TABS = ["transactions", "usage", "statement", "limits"] as const;
type Tab = (typeof TABS)[number];

/** One user: the account, whether its books prove, and everything that happened on it. */
export function Component() {
  const t = useT();
  const { userId = "" } = useParams();
  const [address, change] = useAddress();
  const tab: Tab = TABS.find((name) => name === address.get("tab")) ?? "transactions";
  const [posting, setPosting] = useState(false);
  const account = useApiQuery("/api/admin/accounts/{userId}", { path: { userId } });
  return (
    <Page
      title={userId}
      lead={
        account.data && <Id value={account.data.account.accountId} label={t("users.copyAccount")} />
      }
      actions={
        <>
          <RangePicker />
          <Verify userId={userId} />
          <Erase userId={userId} />
          <Button
            leftSection={<IconPlus size={16} aria-hidden="true" />}
            onClick={() => setPosting(true)}
          >
            {t("ledger.post")}
          </Button>
        </>
      }
    >
      <Loaded query={account} height={130}>
        {(data) => <Account account={data.account} />}
      </Loaded>
      <Tabs
        value={tab}
        onChange={(value) => change({ tab: value === "transactions" ? null : value })}
        keepMounted={false}
      >
        <Tabs.List aria-label={t("users.parts")}>
          {TABS.map((value) => (
            <Tabs.Tab key={value} value={value}>
              {t(`users.tab_${value}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="transactions" pt="md">
          <Transactions userId={userId} />
        </Tabs.Panel>
        <Tabs.Panel value="usage" pt="md">
          <Usage userId={userId} />
        </Tabs.Panel>
        <Tabs.Panel value="statement" pt="md">
          <StatementOf userId={userId} />
        </Tabs.Panel>
        <Tabs.Panel value="limits" pt="md">
          <UserLimits account={account.data?.account} />
        </Tabs.Panel>
      </Tabs>
      {posting && (
        <PostTransaction start={{ ...EMPTY, userId }} onClose={() => setPosting(false)} />
      )}
    </Page>
  );
}

function Transactions({ userId }: { userId: string }) {
  const t = useT();
  const { query } = useRange();
  const filters = useTransactionFilters();
  const list = useApiList(
    "/api/admin/transactions/{userId}",
    { path: { userId }, query: { ...query, ...filters } },
    (page) => page.transactions,
  );
  return (
    <TransactionTable
      title={t("users.tab_transactions")}
      list={list}
      refundable
      actions={
        <ExportButton
          path="/api/admin/transactions/export"
          query={{ ...query, ...filters, userId }}
        />
      }
    />
  );
}

function Usage({ userId }: { userId: string }) {
  const { query } = useRange();
  const stats = useApiQuery("/api/usage-logs/stats", { query: { ...query, userId } });
  const found = stats.data?.statistics;
  return (
    <LogTable
      userId={userId}
      range={query}
      services={found?.byService.map(({ service }) => service) ?? []}
      models={[...new Set(found?.byModel.flatMap(({ model }) => model ?? []))]}
    />
  );
}

function StatementOf({ userId }: { userId: string }) {
  const [month] = useMonth();
  const statement = useApiQuery("/api/admin/transactions/{userId}/statement", {
    path: { userId },
    query: { month },
  });
  return (
    <Loaded query={statement} height={480}>
      {(data) => (
        <StatementView
          statement={data.statement}
          actions={
            <>
              <MonthPicker />
              <PrintButton />
            </>
          }
        />
      )}
    </Loaded>
  );
}
