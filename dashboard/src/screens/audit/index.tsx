import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { useApiList } from "../../api/lists";
import { useFilters, useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { SearchField } from "../../parts/SearchField";
import { Card } from "../../ui/Card";
import { Id } from "../../ui/CopyButton";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { ExportButton } from "../../ui/ExportButton";
import { Facts } from "../../ui/Facts";
import { When } from "../../ui/Figure";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import { RowAction } from "../../ui/RowAction";
import { Tag, type Tone } from "../../ui/Tag";
import classes from "./audit.module.css";
import { Path } from "./Path";

type Entry = components["schemas"]["AuditEntry"];

const FILTERS = ["actor", "action"] as const;
const TONES: Record<Entry["outcome"], Tone> = { allowed: "good", denied: "bad", not_found: "warn" };

/** Who asked for what, when, from where, and what came of it. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { query, range } = useRange();
  const [filters, setFilters] = useFilters(FILTERS);
  const [opened, setOpened] = useState<Entry | null>(null);
  const list = useApiList(
    "/api/admin/audit",
    { query: { ...query, ...filters } },
    (page) => page.entries,
  );
  const columns: Column<Entry>[] = [
    { key: "at", title: t("audit.at"), cell: ({ at }) => <When at={at} />, main: true },
    { key: "actor", title: t("audit.actor"), cell: ({ actor }) => actor },
    {
      key: "role",
      title: t("audit.role"),
      cell: ({ role }) => t(`audit.role_${role}`),
      minor: true,
    },
    {
      key: "action",
      title: t("audit.action"),
      cell: ({ action, resource }) => (
        <span className={classes.asked}>
          <Path of={action} />
          {!action.endsWith(` ${resource}`) && <Path of={resource} />}
        </span>
      ),
    },
    {
      key: "outcome",
      title: t("audit.outcome"),
      cell: ({ outcome }) => <Tag tone={TONES[outcome]}>{t(`audit.outcome_${outcome}`)}</Tag>,
    },
    { key: "ip", title: t("audit.ip"), cell: ({ ip }) => ip, minor: true },
  ];
  const only = (filter: Parameters<typeof setFilters>[0]) => {
    setFilters(filter);
    setOpened(null);
  };
  return (
    <Page
      title={t("audit.title")}
      lead={formats.range(range.start, range.end)}
      actions={
        <>
          <RangePicker />
          <ExportButton path="/api/admin/audit/export" query={{ ...query, ...filters }} />
        </>
      }
    >
      <Card
        title={t("audit.entries")}
        flush
        actions={
          <>
            <SearchField
              label={t("audit.byActor", { example: "user:alice" })}
              value={filters.actor ?? ""}
              onSearch={(actor) => setFilters({ actor: actor || null })}
            />
            <SearchField
              label={t("audit.byAction", { example: "GET /api/transactions" })}
              value={filters.action ?? ""}
              onSearch={(action) => setFilters({ action: action || null })}
            />
          </>
        }
      >
        <DataTable
          label={t("audit.entries")}
          columns={columns}
          data={list}
          rowKey={({ id }) => id}
          onOpen={setOpened}
          empty={<EmptyState title={t("audit.none")} text={t("audit.noneText")} />}
        />
      </Card>
      <Dialog
        opened={opened !== null}
        onClose={() => setOpened(null)}
        title={t("audit.details")}
        size="lg"
      >
        {opened && (
          <Facts
            facts={[
              [t("audit.at"), <When key="at" at={opened.at} />],
              [
                t("audit.actor"),
                <Asked
                  key="actor"
                  what={opened.actor}
                  onOnly={() => only({ actor: opened.actor })}
                />,
              ],
              [t("audit.role"), t(`audit.role_${opened.role}`)],
              [
                t("audit.action"),
                <Asked
                  key="action"
                  what={opened.action}
                  onOnly={() => only({ action: opened.action })}
                />,
              ],
              [t("audit.resource"), opened.resource],
              [t("audit.outcome"), t(`audit.outcome_${opened.outcome}`)],
              [t("audit.status"), formats.count(opened.status)],
              [t("audit.ip"), opened.ip],
              [t("audit.request"), <Id key="request" value={opened.requestId} />],
            ]}
          />
        )}
      </Dialog>
    </Page>
  );
}

/** Something of an entry, and a way to all entries that share it. */
function Asked({ what, onOnly }: { what: string; onOnly: () => void }) {
  const t = useT();
  return (
    <span className={classes.only}>
      {what}
      <RowAction onClick={onOnly}>{t("audit.only")}</RowAction>
    </span>
  );
}
