import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Count, Money } from "../../ui/Figure";
import { Stat, Stats } from "../../ui/Stat";

/** What is left, and what today and this month took. */
export function Account({ account }: { account: components["schemas"]["Account"] }) {
  const t = useT();
  const { short } = useFormats();
  const { balance, month, day, seq } = account;
  const requests = (count: number) => t("users.requestsOf", { count: short(count) });
  return (
    <Stats>
      <Stat label={t("users.balance")} value={<Count value={balance} exact />} />
      <Stat
        label={t("users.thisMonth")}
        value={<Money value={month.cost} />}
        detail={requests(month.requests)}
      />
      <Stat
        label={t("users.today")}
        value={<Money value={day.cost} />}
        detail={requests(day.requests)}
      />
      <Stat label={t("users.entries")} value={<Count value={seq} exact />} />
    </Stats>
  );
}
