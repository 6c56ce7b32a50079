import { Select } from "@mantine/core";
import { useApiMutation } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useApiList } from "../../api/lists";
import { useFilters } from "../../filters/useFilters";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { When } from "../../ui/Figure";
import { FormError } from "../../ui/form";
import { RowAction } from "../../ui/RowAction";
import { Tag, type Tone } from "../../ui/Tag";
import { useAlertText } from "../../ui/useAlertText";

type Alert = components["schemas"]["Alert"];

const STATUSES = ["pending", "sent", "failed", "acknowledged"] as const;
const TONES: Record<Alert["status"], Tone> = {
  pending: "warn",
  sent: "info",
  failed: "bad",
  acknowledged: "good",
};
const FILTERS = ["status"] as const;

/** What was warned of, newest first. */
export function Alerts() {
  const t = useT();
  const sentence = useAlertText();
  const [filters, setFilters] = useFilters(FILTERS);
  const status = STATUSES.find((name) => name === filters.status);
  const acknowledge = useApiMutation("post", "/api/alerts/{id}/acknowledge");
  const list = useApiList(
    "/api/alerts",
    { query: status ? { status } : {} },
    (page) => page.alerts,
  );
  const columns: Column<Alert>[] = [
    { key: "at", title: t("limits.at"), cell: ({ createdAt }) => <When at={createdAt} /> },
    {
      key: "text",
      title: t("limits.alert"),
      cell: (alert) => (
        <>
          {sentence(alert)} {alert.test && <Tag>{t("limits.isTest")}</Tag>}
        </>
      ),
      main: true,
    },
    {
      key: "status",
      title: t("limits.status"),
      cell: (alert) => <Tag tone={TONES[alert.status]}>{t(`limits.status_${alert.status}`)}</Tag>,
    },
    {
      key: "actions",
      title: t("limits.actions"),
      cell: (alert) =>
        alert.status === "acknowledged" ? null : (
          <RowAction
            busy={acknowledge.isPending && acknowledge.variables.path.id === alert.id}
            onClick={() => acknowledge.mutate({ path: { id: alert.id } })}
          >
            {t("limits.acknowledge")}
          </RowAction>
        ),
      actions: true,
    },
  ];
  return (
    <Card
      title={t("limits.alerts")}
      flush
      actions={
        <Select
          aria-label={t("limits.status")}
          placeholder={t("limits.status")}
          data={STATUSES.map((value) => ({ value, label: t(`limits.status_${value}`) }))}
          value={status ?? null}
          onChange={(value) => setFilters({ status: value })}
          clearable
        />
      }
    >
      <FormError error={acknowledge.error} />
      <DataTable
        label={t("limits.alerts")}
        columns={columns}
        data={list}
        rowKey={({ id }) => id}
        empty={<EmptyState title={t("limits.noAlerts")} text={t("limits.noAlertsText")} />}
      />
    </Card>
  );
}
