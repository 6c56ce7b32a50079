import type { components } from "../api/generated/schema";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import { Id } from "../ui/CopyButton";
import { Dialog } from "../ui/Dialog";
import { Facts } from "../ui/Facts";
import { Count, Money, When } from "../ui/Figure";
import { Metadata } from "./Metadata";
import { Outcome } from "./Outcome";
import classes from "./parts.module.css";
import { Receipt } from "./Receipt";

type UsageLog = components["schemas"]["UsageLog"];

/** The parts of a log's tokens that it has; a log may know only their sum. */
const PARTS = ["input", "cachedInput", "cacheWrite", "output", "reasoning"] as const;

/** Everything about one call: what it was, what it took, what it cost and why. */
export function LogDetails({ log, onClose }: { log: UsageLog | null; onClose: () => void }) {
  const t = useT();
  return (
    <Dialog opened={log !== null} onClose={onClose} title={t("usage.details")} size="lg">
      {log && <Details log={log} />}
    </Dialog>
  );
}

function Details({ log }: { log: UsageLog }) {
  const t = useT();
  const formats = useFormats();
  const { tokens, repriced } = log;
  const parts = tokens && "input" in tokens ? tokens : undefined;
  return (
    <div className={classes.details}>
      <Facts
        facts={[
          [t("usage.time"), <When key="at" at={log.occurredAt} />],
          [t("usage.outcome"), <Outcome key="outcome" log={log} />],
          [t("usage.service"), log.service],
          [t("usage.model"), log.model && `${log.provider} · ${log.model}`],
          [t("usage.cost"), <Money key="cost" value={log.cost} exact />],
          [t("usage.credits"), <Count key="credits" value={log.credits} exact />],
          [t("usage.tokens"), tokens && <Count value={tokens.total} exact />],
          ...PARTS.map(
            (name) =>
              [
                t(`usage.item_${name}`),
                parts && parts[name] > 0 ? <Count key={name} value={parts[name]} exact /> : null,
              ] as const,
          ),
          [
            t("usage.responseTime"),
            log.responseTimeMs === undefined ? undefined : formats.duration(log.responseTimeMs),
          ],
          [
            t("usage.responseSize"),
            log.responseBytes === undefined ? undefined : formats.bytes(log.responseBytes),
          ],
          [t("usage.country"), log.country && formats.country(log.country)],
          [t("usage.platform"), log.platform],
          [t("usage.requestId"), log.requestId],
          [t("usage.id"), <Id key="id" value={log.id} />],
          [t("usage.transaction"), <Id key="tx" value={log.transactionId} />],
        ]}
      />
      <section>
        <h3 className={classes.heading}>{t("usage.receipt")}</h3>
        <Receipt receipt={log.receipt} />
      </section>
      {repriced && (
        <section>
          <h3 className={classes.heading}>{t("usage.repriced")}</h3>
          <Receipt receipt={repriced.receipt} />
        </section>
      )}
      <Metadata value={log.metadata} />
    </div>
  );
}
