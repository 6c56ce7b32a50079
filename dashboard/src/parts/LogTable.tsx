import { Select } from "@mantine/core";
import { useState } from "react";
import { useApiList } from "../api/lists";
import type { components } from "../api/generated/schema";
import { useFilters } from "../filters/useFilters";
import { useT } from "../i18n/context";
import { Card } from "../ui/Card";
import { type Column, DataTable } from "../ui/DataTable";
import { EmptyState } from "../ui/EmptyState";
import { Count, Money, When } from "../ui/Figure";
import { LogDetails } from "./LogDetails";
import { Outcome } from "./Outcome";
import classes from "./parts.module.css";

type UsageLog = components["schemas"]["UsageLog"];

const FILTERS = ["service", "model", "status"] as const;
const STATUSES = ["success", "error"] as const;

/** The calls of a user in a range of days, newest first; a row opens its details. */
export function LogTable({
  userId,
  range,
  services,
  models,
}: {
  userId: string;
  range: { startDate: string; endDate: string };
  /** What there is to filter by. */
  services: string[];
  models: string[];
}) {
  const t = useT();
  const [filters, setFilters] = useFilters(FILTERS);
  const [opened, setOpened] = useState<UsageLog | null>(null);
  const status = STATUSES.find((name) => name === filters.status);
  const list = useApiList(
    "/api/usage-logs/user/{userId}",
    {
      path: { userId },
      query: {
        ...range,
        ...(filters.service ? { service: filters.service } : {}),
        ...(filters.model ? { model: filters.model } : {}),
        ...(status ? { status } : {}),
      },
    },
    (page) => page.usageLogs,
  );
  const columns: Column<UsageLog>[] = [
    {
      key: "at",
      title: t("usage.time"),
      cell: ({ occurredAt }) => <When at={occurredAt} />,
      main: true,
    },
    { key: "service", title: t("usage.service"), cell: ({ service }) => service },
    { key: "model", title: t("usage.model"), cell: ({ model }) => model ?? t("common.noModel") },
    {
      key: "tokens",
      title: t("usage.tokens"),
      cell: ({ tokens }) => (tokens ? <Count value={tokens.total} /> : "–"),
      numeric: true,
      minor: true,
    },
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
  const select = (name: "service" | "model", values: string[]) => (
    <Select
      aria-label={t(`usage.${name}`)}
      placeholder={t(`usage.${name}`)}
      data={values}
      value={filters[name] ?? null}
      onChange={(value) => setFilters({ [name]: value })}
      clearable
      searchable
    />
  );
  return (
    <Card
      title={t("usage.history")}
      flush
      actions={
        <>
          {select("service", services)}
          {select("model", models)}
          <Select
            aria-label={t("usage.outcome")}
            placeholder={t("usage.outcome")}
            data={STATUSES.map((value) => ({ value, label: t(`usage.${value}`) }))}
            value={status ?? null}
            onChange={(value) => setFilters({ status: value })}
            clearable
          />
        </>
      }
    >
      <DataTable
        label={t("usage.history")}
        columns={columns}
        data={list}
        rowKey={({ id }) => id}
        onOpen={setOpened}
        empty={<EmptyState title={t("usage.none")} text={t("usage.noneText")} />}
      />
      {list.first?.archivedBefore && (
        <p className={classes.note}>
          {t("usage.archived")} <When at={list.first.archivedBefore} />
        </p>
      )}
      <LogDetails log={opened} onClose={() => setOpened(null)} />
    </Card>
  );
}
