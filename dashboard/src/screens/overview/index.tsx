import { useApiQuery } from "../../api/context";
import { useRange } from "../../filters/useFilters";
import { useT } from "../../i18n/context";
import { Columns } from "../../ui/Card";
import { ErrorState } from "../../ui/ErrorState";
import { ExportButton } from "../../ui/ExportButton";
import { Page } from "../../ui/Page";
import { RangeNote, RangePicker } from "../../ui/RangePicker";
import { Breakdowns } from "./Breakdowns";
import { Daily } from "./Daily";
import { Headline } from "./Headline";
import { Hours } from "./Hours";
import { Months } from "./Months";
import { NoUsage } from "./NoUsage";
import { OverviewSkeleton } from "./OverviewSkeleton";
import { TopUsers } from "./TopUsers";

/** The workspace at a glance, from two requests: this range, and the one before it. */
export function Component() {
  const t = useT();
  const { query, previousQuery } = useRange();
  const current = useApiQuery("/api/analytics/dashboard", { query });
  const before = useApiQuery("/api/usage-logs/stats", { query: previousQuery });
  const { data, error } = current;
  const previous = before.isPlaceholderData ? undefined : before.data?.statistics;
  return (
    <Page
      title={t("overview.title")}
      lead={<RangeNote />}
      actions={
        <>
          <RangePicker />
          <ExportButton
            path="/api/analytics/export"
            query={{ ...query, kind: "summary", groupBy: "day" }}
          />
        </>
      }
    >
      {!data && error && <ErrorState error={error} onRetry={() => void current.refetch()} />}
      {!data && !error && <OverviewSkeleton />}
      {data && data.overview.requests === 0 && <NoUsage months={data.monthlyComparison} />}
      {data && data.overview.requests > 0 && (
        <>
          <Headline overview={data.overview} previous={previous} />
          <Daily days={data.timeseries} previous={previous?.byDay} />
          <Columns>
            <Hours hours={data.peakHours} peak={data.overview.peakHour} />
            <Months comparison={data.monthlyComparison} forecast={data.forecast} />
          </Columns>
          <Breakdowns services={data.services} models={data.models} />
          <TopUsers users={data.topUsers} />
        </>
      )}
    </Page>
  );
}
