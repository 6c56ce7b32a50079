import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Count, Money } from "../../ui/Figure";
import { Stat, Stats } from "../../ui/Stat";

/** What is left, and what this month took. */
export function Account({ mine }: { mine: components["schemas"]["MyUsageAnswer"] }) {
  const t = useT();
  const formats = useFormats();
  const { usage, balance } = mine;
  return (
    <Stats>
      <Stat
        label={t("home.balance")}
        value={<Count value={balance} exact />}
        to="/transactions"
        detail={t("home.credits")}
      />
      <Stat
        label={t("home.cost")}
        value={<Money value={usage.cost} />}
        to="/usage?range=month"
        detail={t("home.month")}
      />
      <Stat
        label={t("home.spent")}
        value={<Count value={usage.credits} />}
        to="/statement"
        detail={t("home.month")}
      />
      <Stat
        label={t("home.requests")}
        value={<Count value={usage.requests} />}
        to="/usage?range=month"
        detail={t("home.errorRate", { rate: formats.percent(usage.errorRate) })}
      />
    </Stats>
  );
}
