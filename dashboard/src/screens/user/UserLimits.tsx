import { useApiQuery } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useT } from "../../i18n/context";
import { LimitMeters } from "../../parts/LimitMeters";
import { Card } from "../../ui/Card";
import { Loaded } from "../../ui/Loaded";
import { MoreLink } from "../../ui/MoreLink";

/** The limits that are this user's own, and how much of each is used. */
export function UserLimits({ account }: { account: components["schemas"]["Account"] | undefined }) {
  const t = useT();
  const thresholds = useApiQuery("/api/thresholds", {});
  return (
    <Card
      title={t("users.tab_limits")}
      actions={<MoreLink to="/limits" of={t("users.tab_limits")} />}
    >
      <Loaded query={thresholds}>
        {(data) => (
          <LimitMeters
            thresholds={data.thresholds.filter(
              ({ userId }) => userId === account?.userId || userId === account?.accountId,
            )}
            none={t("users.noLimitsText")}
          />
        )}
      </Loaded>
    </Card>
  );
}
