import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useApiList } from "../../api/lists";
import { useFilters, useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { EMPTY } from "../../parts/posting/draft";
import { PostTransaction } from "../../parts/posting/PostTransaction";
import { SearchField } from "../../parts/SearchField";
import { TransactionTable, useTransactionFilters } from "../../parts/TransactionTable";
import { ExportButton } from "../../ui/ExportButton";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import { Summary } from "./Summary";

const FILTERS = ["userId"] as const;

/** All movements of credits: what came and went by day and month, each one, and posting one. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { query, range } = useRange();
  const [whose, setWhose] = useFilters(FILTERS);
  const [posting, setPosting] = useState(false);
  const filters = useTransactionFilters();
  const selected = { ...query, ...filters, ...whose };
  const list = useApiList(
    "/api/admin/transactions",
    { query: selected },
    (page) => page.transactions,
  );
  return (
    <Page
      title={t("ledger.title")}
      lead={formats.range(range.start, range.end)}
      actions={
        <>
          <RangePicker />
          <ExportButton path="/api/admin/transactions/export" query={selected} />
          <Button
            leftSection={<IconPlus size={16} aria-hidden="true" />}
            onClick={() => setPosting(true)}
          >
            {t("ledger.post")}
          </Button>
        </>
      }
    >
      <Summary query={{ ...query, ...whose }} />
      <TransactionTable
        title={t("ledger.history")}
        list={list}
        whose
        refundable
        actions={
          <SearchField
            label={t("ledger.user")}
            value={whose.userId ?? ""}
            onSearch={(userId) => setWhose({ userId: userId || null })}
          />
        }
      />
      {posting && (
        <PostTransaction
          start={{ ...EMPTY, userId: whose.userId ?? "" }}
          onClose={() => setPosting(false)}
        />
      )}
    </Page>
  );
}
