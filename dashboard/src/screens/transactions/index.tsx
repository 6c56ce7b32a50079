import { useApiList } from "../../api/lists";
import { useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Soon } from "../../parts/Soon";
import { TransactionTable, useTransactionFilters } from "../../parts/TransactionTable";
import { Count } from "../../ui/Figure";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import { Stat, Stats } from "../../ui/Stat";

/** A user's own movements of credits. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { query, range } = useRange();
  const filters = useTransactionFilters();
  const list = useApiList(
    "/api/transactions",
    { query: { ...query, ...filters } },
    (page) => page.transactions,
  );
  const balanceSoon = list.error ? "–" : <Soon />;
  return (
    <Page
      title={t("transactions.title")}
      lead={formats.range(range.start, range.end)}
      actions={<RangePicker />}
    >
      <Stats>
        <Stat
          label={t("transactions.balance")}
          value={list.first ? <Count value={list.first.balance} exact /> : balanceSoon}
          detail={t("home.credits")}
        />
      </Stats>
      <TransactionTable title={t("transactions.history")} list={list} />
    </Page>
  );
}
