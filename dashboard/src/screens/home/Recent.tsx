import type { components } from "../../api/generated/schema";
import type { List } from "../../api/lists";
import { useT } from "../../i18n/context";
import { Outcome } from "../../parts/Outcome";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { Count, Money, When } from "../../ui/Figure";
import { MoreLink } from "../../ui/MoreLink";

type UsageLog = components["schemas"]["UsageLog"];

/** The last calls. */
export function Recent({
  list,
  onOpen,
}: {
  list: List<UsageLog, unknown>;
  onOpen: (log: UsageLog) => void;
}) {
  const t = useT();
  const columns: Column<UsageLog>[] = [
    {
      key: "at",
      title: t("usage.time"),
      cell: ({ occurredAt }) => <When at={occurredAt} ago />,
      main: true,
    },
    { key: "service", title: t("usage.service"), cell: ({ service }) => service },
    { key: "model", title: t("usage.model"), cell: ({ model }) => model ?? t("common.noModel") },
    {
      key: "cost",
      title: t("usage.cost"),
      cell: ({ cost }) => <Money value={cost} />,
      numeric: true,
      aside: true,
    },
    {
      key: "credits",
      title: t("usage.credits"),
      cell: ({ credits }) => <Count value={credits} />,
      numeric: true,
      minor: true,
    },
    { key: "outcome", title: t("usage.outcome"), cell: (log) => <Outcome log={log} /> },
  ];
  // The first few are enough here: the usage screen has them all.
  const { rows, error, isPlaceholderData, refetch } = list;
  return (
    <Card title={t("home.recent")} flush actions={<MoreLink to="/usage" of={t("home.recent")} />}>
      <DataTable
        label={t("home.recent")}
        columns={columns}
        data={{ rows, error, isPlaceholderData, refetch }}
        rowKey={({ id }) => id}
        onOpen={onOpen}
        empty={<EmptyState title={t("usage.none")} text={t("home.noUsageText")} />}
      />
    </Card>
  );
}
