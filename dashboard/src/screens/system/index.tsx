import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useApiQuery } from "../../api/context";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Count, When } from "../../ui/Figure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { Stat, Stats } from "../../ui/Stat";
import classes from "./system.module.css";

/** How often health is looked at: it is asked of the whole system and costs a probe. */
const ASK_EVERY_MS = 30_000;

/** Whether all is well with the system. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const system = useApiQuery("/api/admin/system", {}, { every: ASK_EVERY_MS });
  return (
    <Page title={t("operator.system")} lead={t("operator.systemText")}>
      <Loaded query={system} height={240}>
        {(found) => {
          const { drift } = found;
          const well = found.deadLetters === 0 && (drift ?? 0) === 0;
          const Icon = well ? IconCircleCheck : IconAlertTriangle;
          return (
            <>
              <p role="status" className={classes.verdict} data-well={well}>
                <Icon size={20} stroke={1.8} aria-hidden="true" />
                {t(well ? "operator.well" : "operator.unwell")}
              </p>
              <Stats>
                <Stat
                  label={t("operator.lag")}
                  value={formats.duration(found.streamLagSeconds * 1000)}
                  detail={t("operator.lagText")}
                />
                <Stat
                  label={t("operator.deadLetters")}
                  value={<Count value={found.deadLetters} exact />}
                  detail={t("operator.deadLettersText")}
                />
                <Stat
                  label={t("operator.pendingAlerts")}
                  value={<Count value={found.pendingAlerts} exact />}
                  detail={t("operator.pendingAlertsText")}
                />
                <Stat
                  label={t("operator.drift")}
                  value={drift === null ? "–" : <Count value={drift} exact />}
                  detail={t(drift === null ? "operator.noDrift" : "operator.driftText")}
                />
              </Stats>
              <Card title={t("operator.nightly")}>
                <Facts
                  facts={[
                    [
                      t("operator.lastReconciled"),
                      found.lastReconciled ? (
                        <When key="re" at={found.lastReconciled} />
                      ) : (
                        t("operator.never")
                      ),
                    ],
                    [
                      t("operator.lastArchived"),
                      found.lastArchived ? (
                        <When key="ar" at={found.lastArchived} />
                      ) : (
                        t("operator.never")
                      ),
                    ],
                    [t("operator.version"), found.version],
                  ]}
                />
              </Card>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
