import { useSearchParams } from "react-router";
import type { components } from "../../api/generated/schema";
import { useRange } from "../../filters/useFilters";
import { divide, type Figure } from "../../format/decimal";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Count, Money } from "../../ui/Figure";
import { Delta, DeltaSoon, type Good, Stat, Stats } from "../../ui/Stat";
import { exploreLink } from "./explore";

type Overview = components["schemas"]["AnalyticsOverview"];
type Statistics = components["schemas"]["Statistics"];

/** Cost, requests, tokens, errors, users; each against the range before. */
export function Headline({
  overview,
  previous,
}: {
  overview: Overview;
  previous: Statistics | undefined;
}) {
  const t = useT();
  const formats = useFormats();
  const [address] = useSearchParams();
  const { previous: range } = useRange();
  const against = t("common.against", { range: formats.range(range.start, range.end) });
  const link = (query: Record<string, string>) => exploreLink(address, query);
  const { busiestDay } = overview;
  const perUser = divide(overview.cost, overview.users, 9);
  const change = (now: Figure, before: Figure | undefined, good: Good) =>
    before === undefined ? (
      <DeltaSoon />
    ) : (
      <Delta now={now} before={before} good={good} against={against} />
    );
  return (
    <Stats>
      <Stat
        label={t("overview.cost")}
        value={<Money value={overview.cost} />}
        to={link({ groupBy: "day", metric: "cost" })}
        delta={change(overview.cost, previous?.cost, "neither")}
        detail={t("overview.perDay", { amount: formats.money(overview.averageDailyCost) })}
      />
      <Stat
        label={t("overview.requests")}
        value={<Count value={overview.requests} />}
        to={link({ groupBy: "day", metric: "requests" })}
        delta={change(overview.requests, previous?.requests, "up")}
        detail={busiestDay && t("overview.busiest", { day: formats.shortDay(busiestDay.date) })}
      />
      <Stat
        label={t("overview.tokens")}
        value={<Count value={overview.tokens.total} />}
        to={link({ groupBy: "day", metric: "tokens" })}
        delta={change(overview.tokens.total, previous?.tokens.total, "neither")}
        detail={t("overview.output", { amount: formats.short(overview.tokens.output) })}
      />
      <Stat
        label={t("overview.errors")}
        value={<Count value={overview.errors} />}
        to={link({ groupBy: "model", metric: "errorRate" })}
        delta={change(overview.errors, previous?.errors, "down")}
        detail={t("overview.errorRate", { rate: formats.percent(overview.errorRate, 2) })}
      />
      <Stat
        label={t("overview.users")}
        value={<Count value={overview.users} />}
        to="/users"
        delta={change(overview.users, previous?.users, "up")}
        detail={
          overview.users > 0 && t("overview.perUser", { amount: formats.money(perUser ?? 0) })
        }
      />
    </Stats>
  );
}
