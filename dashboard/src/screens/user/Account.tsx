import type { components } from "../../api/generated/schema";
import { useT } from "../../i18n/context";
import { Id } from "../../ui/CopyButton";
import { Count, Money } from "../../ui/Figure";
import { Stat, Stats } from "../../ui/Stat";

/** What is left, and what today and this month took. */
export function Account({ account }: { account: components["schemas"]["Account"] }) {
  const t = useT();
  return (
    <>
      <Stats>
        <Stat label={t("users.balance")} value={<Count value={account.balance} exact />} />
        <Stat
          label={t("users.thisMonth")}
          value={<Money value={account.month.cost} />}
          detail={<Count value={account.month.requests} />}
        />
        <Stat
          label={t("users.today")}
          value={<Money value={account.day.cost} />}
          detail={<Count value={account.day.requests} />}
        />
        <Stat label={t("users.entries")} value={<Count value={account.seq} exact />} />
      </Stats>
      <Id value={account.accountId} label={t("users.copyAccount")} />
    </>
  );
}
