import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Change } from "../../parts/Change";
import { Soon } from "../../parts/Soon";
import { Count, Money } from "../../ui/Figure";
import { Stat, Stats } from "../../ui/Stat";

interface Props {
  /** Undefined until it is known: the places are kept. */
  mine: components["schemas"]["MyUsageAnswer"] | undefined;
  /** The same days of the month before. */
  before: components["schemas"]["Statistics"] | undefined;
  against: string;
}

/** What is left, and what this month took. */
export function Account({ mine, before, against }: Props) {
  const t = useT();
  const formats = useFormats();
  const usage = mine?.usage;
  const change = (name: "cost" | "credits" | "requests") => (
    <Change now={usage?.[name]} before={before?.[name]} against={against} />
  );
  return (
    <Stats>
      <Stat
        label={t("home.balance")}
        value={mine ? <Count value={mine.balance} exact /> : <Soon />}
        to="/transactions"
        detail={t("home.credits")}
      />
      <Stat
        label={t("home.cost")}
        value={usage ? <Money value={usage.cost} /> : <Soon />}
        to="/usage?range=month"
        delta={change("cost")}
        detail={t("home.month")}
      />
      <Stat
        label={t("home.spent")}
        value={usage ? <Count value={usage.credits} /> : <Soon />}
        to="/statement"
        delta={change("credits")}
        detail={t("home.month")}
      />
      <Stat
        label={t("home.requests")}
        value={usage ? <Count value={usage.requests} /> : <Soon />}
        to="/usage?range=month"
        delta={change("requests")}
        detail={usage ? t("home.errorRate", { rate: formats.percent(usage.errorRate) }) : "\u00a0"}
      />
    </Stats>
  );
}
