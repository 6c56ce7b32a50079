import { useApiQuery } from "../../api/context";
import { useApiList } from "../../api/lists";
import { useWorkspace } from "../../app/workspace";
import { useIdentity } from "../../auth/context";
import { localDay, startOfMonth } from "../../format/dates";
import { useT } from "../../i18n/context";
import { LogDetails } from "../../parts/LogDetails";
import { LimitMeters } from "../../parts/LimitMeters";
import { Card, Columns } from "../../ui/Card";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { Account } from "./Account";
import { Recent } from "./Recent";
import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { Daily } from "./Daily";

type UsageLog = components["schemas"]["UsageLog"];

/** Recent calls that are shown. */
const RECENT = 8;

/** A user's home: what is left, what this month took, how near the limits are, what happened last. */
export function Component() {
  const t = useT();
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
  return (
    <Page title={t("home.title")} lead={t("home.lead")}>
      <Loaded query={usage} height={360}>
        {(mine) => (
          <>
            <Account mine={mine} />
            <Columns>
              <Daily days={mine.usage.byDay} />
              <Card title={t("home.limits")}>
                <LimitMeters thresholds={mine.thresholds} none={t("home.noLimitsText")} />
              </Card>
            </Columns>
          </>
        )}
      </Loaded>
      <Recent list={recent} onOpen={setOpened} />
      <LogDetails log={opened} onClose={() => setOpened(null)} />
    </Page>
  );
}
