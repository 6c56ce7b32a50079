import { Select } from "@mantine/core";
import { useState } from "react";
import type { components } from "../api/generated/schema";
import type { List } from "../api/lists";
import { useFilters } from "../filters/useFilters";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import { Card } from "../ui/Card";
import { type Column, DataTable } from "../ui/DataTable";
import { EmptyState } from "../ui/EmptyState";
import { Count, When } from "../ui/Figure";
import { Tag, type Tone } from "../ui/Tag";
import classes from "./parts.module.css";
import { SearchField } from "./SearchField";
import { noteOf, signedAmount, TransactionDetails } from "./TransactionDetails";

type Transaction = components["schemas"]["Transaction"];
type Reason = Transaction["reason"];

export const REASONS: readonly Reason[] = ["purchase", "usage", "refund", "promo", "adjustment"];

const TONES: Record<Reason, Tone> = {
  purchase: "good",
  usage: "plain",
  refund: "info",
  promo: "info",
  adjustment: "warn",
};

const FILTERS = ["reason", "q"] as const;

export interface TransactionFilters {
  reason?: Reason;
  q?: string;
}

/** The filters of a list of transactions, from the address. */
export function useTransactionFilters(): TransactionFilters {
  const [filters] = useFilters(FILTERS);
  const reason = REASONS.find((name) => name === filters.reason);
  return { ...(reason ? { reason } : {}), ...(filters.q ? { q: filters.q } : {}) };
}

interface SearchedPage {
  searchedBackTo?: string;
}

/** Movements of credits, newest first, with the balance after each; a row opens its details. */
export function TransactionTable({
  title,
  list,
  whose = false,
  refundable = false,
  actions,
}: {
  title: string;
  list: List<Transaction, SearchedPage>;
  /** Of several accounts: says of which. */
  whose?: boolean;
  /** Whether who looks may give usage back. */
  refundable?: boolean;
  actions?: React.ReactNode;
}) {
  const t = useT();
  const formats = useFormats();
  const [opened, setOpened] = useState<Transaction | null>(null);
  const [filters, setFilters] = useFilters(FILTERS);
  const filtered = Object.keys(filters).length > 0;
  const columns: Column<Transaction>[] = [
    {
      key: "at",
      title: t("transactions.time"),
      cell: ({ createdAt }) => <When at={createdAt} />,
      main: true,
    },
    ...(whose
      ? [
          {
            key: "user",
            title: t("transactions.user"),
            cell: ({ userId }: Transaction) => userId,
          },
        ]
      : []),
    {
      key: "reason",
      title: t("transactions.reason"),
      cell: ({ reason }) => <Tag tone={TONES[reason]}>{t(`transactions.reason_${reason}`)}</Tag>,
    },
    {
      key: "note",
      title: t("transactions.note"),
      cell: (row) =>
        noteOf(t, row) ??
        (row.usageLogIds ? t("transactions.logs", { count: row.usageLogIds.length }) : ""),
      minor: true,
    },
    {
      key: "amount",
      title: t("transactions.amount"),
      cell: (transaction) => formats.signed(signedAmount(transaction)),
      numeric: true,
      aside: true,
    },
    {
      key: "balance",
      title: t("transactions.balanceAfter"),
      cell: ({ balanceAfter }) => <Count value={balanceAfter} exact />,
      numeric: true,
    },
  ];
  return (
    <Card
      title={title}
      flush
      actions={
        <>
          <SearchField
            label={t("transactions.search")}
            value={filters.q ?? ""}
            onSearch={(text) => setFilters({ q: text || null })}
          />
          <Select
            aria-label={t("transactions.reason")}
            placeholder={t("transactions.reason")}
            data={REASONS.map((value) => ({ value, label: t(`transactions.reason_${value}`) }))}
            value={filters.reason ?? null}
            onChange={(value) => setFilters({ reason: value })}
            clearable
          />
          {actions}
        </>
      }
    >
      <DataTable
        label={title}
        columns={columns}
        data={list}
        rowKey={({ id }) => id}
        onOpen={setOpened}
        empty={
          <EmptyState
            title={t("transactions.none")}
            text={t(filtered ? "transactions.noneText" : "transactions.noneYetText")}
          />
        }
      />
      {list.first?.searchedBackTo && (
        <p className={classes.note}>
          {t("transactions.searchedBackTo")} <When at={list.first.searchedBackTo} />
        </p>
      )}
      <TransactionDetails
        transaction={opened}
        refundable={refundable}
        onClose={() => setOpened(null)}
      />
    </Card>
  );
}
