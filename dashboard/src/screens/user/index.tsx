import { Button, Tabs } from "@mantine/core";
import { IconPlus, IconUserQuestion } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import type { Answer } from "../../api/client";
import { useApiQuery } from "../../api/context";
import { useApiList } from "../../api/lists";
import type { ApiError } from "../../api/problem";
import { useAddress, useRange } from "../../filters/useFilters";
import { useT } from "../../i18n/context";
import { LogTable } from "../../parts/LogTable";
import { EMPTY } from "../../parts/posting/draft";
import { PostTransaction } from "../../parts/posting/PostTransaction";
import { MonthPicker, PrintButton, StatementView, useMonth } from "../../parts/StatementView";
import { TransactionTable, useTransactionFilters } from "../../parts/TransactionTable";
import { Id } from "../../ui/CopyButton";
import { EmptyState } from "../../ui/EmptyState";
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
type AccountQuery = UseQueryResult<Answer<"/api/admin/accounts/{userId}">, ApiError>;

/** One user: the account, whether its books prove, and everything that happened on it. */
export function Component() {
  const t = useT();
  const { userId = "" } = useParams();
  const [posting, setPosting] = useState(false);
  const account = useApiQuery("/api/admin/accounts/{userId}", { path: { userId } });
  // Nobody of that id has used or been given anything: there is nothing to show, verify or erase.
  const none = account.error?.code === "not_found" && !account.data;
  const post = (
    <Button
      leftSection={<IconPlus size={16} aria-hidden="true" />}
      onClick={() => setPosting(true)}
    >
      {t("ledger.post")}
    </Button>
  );
  return (
    <Page
      title={userId}
      lead={
        account.data && <Id value={account.data.account.accountId} label={t("users.copyAccount")} />
      }
      actions={
        !none && (
          <>
            <RangePicker />
            <Verify userId={userId} />
            <Erase userId={userId} />
            {post}
          </>
        )
      }
    >
      {none ? (
        <EmptyState
          icon={IconUserQuestion}
          title={t("users.noAccount")}
          text={t("users.noAccountText")}
          action={post}
        />
      ) : (
        <Everything userId={userId} account={account} />
      )}
      {posting && (
        <PostTransaction start={{ ...EMPTY, userId }} onClose={() => setPosting(false)} />
      )}
    </Page>
  );
}

/** The account's figures, and in tabs what happened on it. */
function Everything({ userId, account }: { userId: string; account: AccountQuery }) {
  const t = useT();
  const [address, change] = useAddress();
  const tab: Tab = TABS.find((name) => name === address.get("tab")) ?? "transactions";
  return (
    <>
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
    </>
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
