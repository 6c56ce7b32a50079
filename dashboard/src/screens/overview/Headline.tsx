import { useSearchParams } from "react-router";
import type { components } from "../../api/generated/schema";
import { useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Count, Money } from "../../ui/Figure";
import { Delta, Stat, Stats } from "../../ui/Stat";
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
  return (
    <Stats>
      <Stat
        label={t("overview.cost")}
        value={<Money value={overview.cost} />}
        to={link({ groupBy: "day", metric: "cost" })}
        delta={previous && <Delta now={overview.cost} before={previous.cost} against={against} />}
        detail={t("overview.perDay", { amount: formats.money(overview.averageDailyCost) })}
      />
      <Stat
        label={t("overview.requests")}
        value={<Count value={overview.requests} />}
        to={link({ groupBy: "day", metric: "requests" })}
        delta={
          previous && (
            <Delta now={overview.requests} before={previous.requests} good="up" against={against} />
          )
        }
        detail={busiestDay && t("overview.busiest", { day: formats.shortDay(busiestDay.date) })}
      />
      <Stat
        label={t("overview.tokens")}
        value={<Count value={overview.tokens.total} />}
        to={link({ groupBy: "day", metric: "tokens" })}
        delta={
          previous && (
            <Delta now={overview.tokens.total} before={previous.tokens.total} against={against} />
          )
        }
        detail={t("overview.output", { amount: formats.short(overview.tokens.output) })}
      />
      <Stat
        label={t("overview.errors")}
        value={<Count value={overview.errors} />}
        to={link({ groupBy: "status", metric: "requests" })}
        delta={
          previous && (
            <Delta now={overview.errors} before={previous.errors} good="down" against={against} />
          )
        }
        detail={t("overview.errorRate", { rate: formats.percent(overview.errorRate, 2) })}
      />
      <Stat
        label={t("overview.users")}
        value={<Count value={overview.users} />}
        to="/users"
        delta={
          previous && (
            <Delta now={overview.users} before={previous.users} good="up" against={against} />
          )
        }
      />
    </Stats>
  );
}
