import { Button } from "@mantine/core";
import { useState } from "react";
import { useApiMutation, useApiQuery } from "../../api/context";
import { useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { Card } from "../../ui/Card";
import { Confirm } from "../../ui/Confirm";
import { Facts } from "../../ui/Facts";
import { FormError } from "../../ui/form";
import { RangePicker } from "../../ui/RangePicker";

/** How often a run is asked for while it goes on. */
const ASK_EVERY_MS = 1_500;

/** Prices recorded usage anew: first what would change, then for real, as compensating entries. */
export function Reprice() {
  const t = useT();
  const formats = useFormats();
  const { query, range } = useRange();
  const [confirming, setConfirming] = useState(false);
  const start = useApiMutation("post", "/api/admin/repricings");
  const id = start.data?.repricing.id ?? "";
  const asked = useApiQuery(
    "/api/admin/repricings/{id}",
    { path: { id } },
    { enabled: start.data?.repricing.status === "running", every: ASK_EVERY_MS },
  );
  const run = asked.data?.repricing.id === id ? asked.data.repricing : start.data?.repricing;
  const begin = (dryRun: boolean) =>
    start.mutate({ body: { ...query, dryRun } }, { onSuccess: () => setConfirming(false) });
  return (
    <Card
      title={t("prices.reprice")}
      note={t("prices.repriceText", { range: formats.range(range.start, range.end) })}
      actions={<RangePicker />}
    >
      <div className={classes.column}>
        <div className={classes.row}>
          <Button variant="default" loading={start.isPending} onClick={() => begin(true)}>
            {t("prices.dryRun")}
          </Button>
          <Button disabled={!run?.dryRun || run.logs === 0} onClick={() => setConfirming(true)}>
            {t("prices.run")}
          </Button>
        </div>
        <FormError error={start.error} />
        {run && (
          <div role="status">
            <Facts
              facts={[
                [t("prices.status"), t(`prices.status_${run.status}`)],
                [t("prices.logs"), formats.count(run.logs)],
                [t("prices.accounts"), formats.count(run.accounts)],
                [t("prices.unpaid"), formats.count(run.unpaid)],
                [t("prices.costDifference"), formats.exactMoney(run.costDifference)],
                [t("prices.creditDifference"), formats.signed(run.creditDifference)],
              ]}
            />
          </div>
        )}
      </div>
      <Confirm
        opened={confirming}
        onClose={() => setConfirming(false)}
        title={t("prices.run")}
        action={t("prices.run")}
        busy={start.isPending}
        error={start.error}
        onConfirm={() => begin(false)}
      >
        {t("prices.runText")}
      </Confirm>
    </Card>
  );
}
