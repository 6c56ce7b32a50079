import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { components } from "../../api/generated/schema";
import { useApiQuery } from "../../api/context";
import { useApiList } from "../../api/lists";
import { useFilters, useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { SearchField } from "../../parts/SearchField";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { ExportButton } from "../../ui/ExportButton";
import { Count, Money, When } from "../../ui/Figure";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";

type User = components["schemas"]["UserMeasures"];
type Account = components["schemas"]["Account"];

const RANKINGS = ["cost", "tokens", "requests", "credits"] as const;
const FILTERS = ["by", "q"] as const;
/** The API ranks no more. */
const RANKED = 100;
/** As many of them as leave the accounts below within reach. */
const SHOWN = 10;

/** Who uses how much, and everybody's account. A row opens the user's page. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { query, range } = useRange();
  const [filters, setFilters] = useFilters(FILTERS);
  const by = RANKINGS.find((name) => name === filters.by) ?? "cost";
  const top = useApiQuery("/api/analytics/users/top", { query: { ...query, by, limit: RANKED } });
  return (
    <Page
      title={t("users.title")}
      lead={formats.range(range.start, range.end)}
      actions={
        <>
          <RangePicker />
          <ExportButton
            path="/api/analytics/export"
            query={{ ...query, kind: "summary", groupBy: "user" }}
          />
        </>
      }
    >
      <Card
        title={t("users.ranked")}
        note={top.data?.approximate && t("users.approximate")}
        flush
        actions={
          <SegmentedControl
            size="xs"
            aria-label={t("users.by")}
            value={by}
            onChange={(value) => setFilters({ by: value === "cost" ? null : value })}
            data={RANKINGS.map((value) => ({ value, label: t(`users.${value}`) }))}
          />
        }
      >
        <Ranked
          by={by}
          users={top.data?.users}
          error={top.error}
          stale={top.isPlaceholderData}
          refetch={top.refetch}
        />
      </Card>
      <Accounts prefix={filters.q ?? ""} onSearch={(q) => setFilters({ q: q || null })} />
    </Page>
  );
}

function useOpenUser(): (userId: string) => void {
  const navigate = useNavigate();
  return (userId) => void navigate(`/users/${encodeURIComponent(userId)}`);
}

function Ranked({
  by,
  users,
  error,
  stale,
  refetch,
}: {
  by: (typeof RANKINGS)[number];
  users: User[] | undefined;
  error: ReturnType<typeof useApiQuery>["error"];
  stale: boolean;
  refetch: () => unknown;
}) {
  const t = useT();
  const formats = useFormats();
  const open = useOpenUser();
  const [shown, setShown] = useState(SHOWN);
  // On a phone a row is what it is ranked by, and its share.
  const figure = (key: (typeof RANKINGS)[number]) => ({
    key,
    title: t(`users.${key}`),
    numeric: true,
    aside: key === by,
    minor: key !== by,
  });
  const columns: Column<User>[] = [
    { key: "rank", title: t("users.rank"), cell: ({ rank }) => formats.count(rank), minor: true },
    { key: "user", title: t("users.user"), cell: ({ userId }) => userId, main: true },
    { ...figure("cost"), cell: ({ cost }) => <Money value={cost} /> },
    {
      key: "share",
      title: t("users.share"),
      cell: ({ share }) => formats.percent(share),
      numeric: true,
    },
    { ...figure("requests"), cell: ({ requests }) => <Count value={requests} /> },
    { ...figure("tokens"), cell: ({ tokens }) => <Count value={tokens.total} /> },
    { ...figure("credits"), cell: ({ credits }) => <Count value={credits} /> },
    {
      key: "errors",
      title: t("users.errors"),
      cell: ({ errorRate }) => formats.percent(errorRate),
      numeric: true,
      minor: true,
    },
  ];
  return (
    <DataTable
      label={t("users.ranked")}
      columns={columns}
      data={{
        rows: users?.slice(0, shown),
        total: users?.length,
        hasMore: users !== undefined && users.length > shown,
        more: () => setShown(RANKED),
        error,
        isPlaceholderData: stale,
        refetch,
      }}
      rowKey={({ userId }) => userId}
      onOpen={({ userId }) => open(userId)}
      empty={<EmptyState title={t("users.none")} text={t("users.noneText")} />}
    />
  );
}

/** The ledger's accounts, with what is left on each. */
function Accounts({ prefix, onSearch }: { prefix: string; onSearch: (prefix: string) => void }) {
  const t = useT();
  const open = useOpenUser();
  const list = useApiList(
    "/api/admin/accounts",
    { query: { order: "asc", ...(prefix && { q: prefix }) } },
    (page) => page.accounts,
  );
  const columns: Column<Account>[] = [
    { key: "user", title: t("users.user"), cell: ({ userId }) => userId, main: true },
    {
      key: "balance",
      title: t("users.balance"),
      cell: ({ balance }) => <Count value={balance} exact />,
      numeric: true,
    },
    {
      key: "month",
      title: t("users.thisMonth"),
      cell: ({ month }) => <Money value={month.cost} />,
      numeric: true,
    },
    {
      key: "seq",
      title: t("users.entries"),
      cell: ({ seq }) => <Count value={seq} exact />,
      numeric: true,
      minor: true,
    },
    {
      key: "updated",
      title: t("users.updated"),
      cell: ({ updatedAt }) => (updatedAt ? <When at={updatedAt} ago /> : null),
      minor: true,
    },
  ];
  return (
    <Card
      title={t("users.accounts")}
      flush
      actions={<SearchField label={t("users.search")} value={prefix} onSearch={onSearch} />}
    >
      <DataTable
        label={t("users.accounts")}
        columns={columns}
        data={list}
        rowKey={({ accountId }) => accountId}
        onOpen={({ userId }) => open(userId)}
        empty={
          prefix ? (
            <EmptyState title={t("users.noAccounts")} text={t("users.noAccountsText")} />
          ) : (
            <EmptyState title={t("users.noAccountsYet")} text={t("users.noAccountsYetText")} />
          )
        }
      />
    </Card>
  );
}
