import { useState } from "react";
import { useApiMutation, useApiQuery } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { Confirm } from "../../ui/Confirm";
import { type Column, DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { FormError } from "../../ui/form";
import { RowAction } from "../../ui/RowAction";
import { Tag } from "../../ui/Tag";
import { useMetricFigure } from "../../ui/useAlertText";
import classes from "./limits.module.css";
import { Used } from "./Used";
import { useWho } from "./useWho";

type Threshold = components["schemas"]["Threshold"];

/** Every limit with what is used of it. */
export function Thresholds({ onEdit }: { onEdit: (threshold: Threshold) => void }) {
  const t = useT();
  const who = useWho();
  const figure = useMetricFigure();
  const formats = useFormats();
  const [removing, setRemoving] = useState<Threshold | null>(null);
  const remove = useApiMutation("delete", "/api/thresholds/{id}");
  const test = useApiMutation("post", "/api/thresholds/{id}/test");
  const found = useApiQuery("/api/thresholds", {});
  const limit = ({ metric, dailyLimit, monthlyLimit, below }: Threshold) =>
    [
      dailyLimit !== undefined && t("limits.perDay", { amount: figure(metric, dailyLimit) }),
      monthlyLimit !== undefined && t("limits.perMonth", { amount: figure(metric, monthlyLimit) }),
      below !== undefined && t("limits.belowAmount", { amount: figure(metric, below) }),
    ]
      .filter(Boolean)
      .join(" · ");
  const columns: Column<Threshold>[] = [
    { key: "who", title: t("limits.who"), cell: who, main: true },
    {
      key: "metric",
      title: t("limits.metric"),
      cell: ({ metric }) => t(`limits.metric_${metric}`),
    },
    { key: "limit", title: t("limits.limit"), cell: limit },
    {
      key: "used",
      title: t("limits.used"),
      cell: ({ current }) => (current ? <Used current={current} /> : t("limits.byUser")),
    },
    {
      key: "kind",
      title: t("limits.effect"),
      cell: ({ block, alertEnabled, notifyAtPercent }) => (
        <span className={classes.tags}>
          {block && <Tag tone="bad">{t("limits.blocks")}</Tag>}
          {alertEnabled ? (
            <Tag tone="info">
              {notifyAtPercent
                ? t("limits.warnsAt", {
                    at: notifyAtPercent.map((at) => formats.percent(at / 100)).join(", "),
                  })
                : t("limits.warns")}
            </Tag>
          ) : (
            <Tag>{t("limits.silent")}</Tag>
          )}
        </span>
      ),
    },
    {
      key: "actions",
      title: t("limits.actions"),
      cell: (threshold) => (
        <>
          <RowAction onClick={() => onEdit(threshold)}>{t("limits.edit")}</RowAction>
          <RowAction
            busy={test.isPending && test.variables.path.id === threshold.id}
            onClick={() => test.mutate({ path: { id: threshold.id } })}
          >
            {t("limits.test")}
          </RowAction>
          <RowAction danger onClick={() => setRemoving(threshold)}>
            {t("limits.remove")}
          </RowAction>
        </>
      ),
      actions: true,
    },
  ];
  return (
    <Card title={t("limits.thresholds")} flush>
      <FormError error={test.error} />
      {test.isSuccess && (
        <p role="status" className={classes.said}>
          {t("limits.tested")}
        </p>
      )}
      <DataTable
        label={t("limits.thresholds")}
        columns={columns}
        data={{ rows: found.data?.thresholds, error: found.error, refetch: found.refetch }}
        rowKey={({ id }) => id}
        empty={<EmptyState title={t("limits.none")} text={t("limits.noneText")} />}
      />
      <Confirm
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        title={t("limits.removeTitle")}
        action={t("limits.remove")}
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          removing &&
          remove.mutate(
            { path: { id: removing.id }, body: undefined },
            { onSuccess: () => setRemoving(null) },
          )
        }
      >
        {t("limits.removeText")}
      </Confirm>
    </Card>
  );
}
