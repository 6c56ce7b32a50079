import { useState } from "react";
import { useApiQuery } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useApiList } from "../../api/lists";
import { useWorkspace } from "../../app/workspace";
import { useIdentity } from "../../auth/context";
import { useFormats } from "../../format/context";
import { localDay, sameDaysBefore, startOfMonth } from "../../format/dates";
import { useT } from "../../i18n/context";
import { LogDetails } from "../../parts/LogDetails";
import { LimitMeters } from "../../parts/LimitMeters";
import { Card, Columns } from "../../ui/Card";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { Account } from "./Account";
import { Daily } from "./Daily";
import { Recent } from "./Recent";

type UsageLog = components["schemas"]["UsageLog"];

/** Recent calls that are shown. */
const RECENT = 8;

/** A user's home: what is left, what this month took, how near the limits are, what happened last. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { userId } = useIdentity();
  const { timezone } = useWorkspace();
  const [opened, setOpened] = useState<UsageLog | null>(null);
  const today = localDay(timezone);
  const usage = useApiQuery("/api/analytics/my-usage", {
    query: { startDate: startOfMonth(today), endDate: today },
  });
  const recent = useApiList(
    "/api/usage-logs/user/{userId}",
    { path: { userId } },
    (page) => page.usageLogs,
    RECENT,
  );
  const last = sameDaysBefore(today);
  const before = useApiQuery("/api/usage-logs/stats", {
    query: { startDate: last.start, endDate: last.end },
  });
  const figures = (mine?: components["schemas"]["MyUsageAnswer"]) => (
    <>
      <Account
        mine={mine}
        before={before.data?.statistics}
        against={t("common.against", { range: formats.range(last.start, last.end) })}
      />
      <Columns>
        <Daily days={mine?.usage.byDay} />
        <Card title={t("home.limits")}>
          {mine && <LimitMeters thresholds={mine.thresholds} none={t("home.noLimitsText")} />}
        </Card>
      </Columns>
    </>
  );
  return (
    <Page title={t("home.title")} lead={t("home.lead")}>
      <Loaded query={usage} skeleton={figures()}>
        {figures}
      </Loaded>
      <Recent list={recent} onOpen={setOpened} />
      <LogDetails log={opened} onClose={() => setOpened(null)} />
    </Page>
  );
}
