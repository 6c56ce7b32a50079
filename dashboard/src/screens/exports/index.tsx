import { Select } from "@mantine/core";
import { useState } from "react";
import { useApiQuery } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useApiList } from "../../api/lists";
import { useRange } from "../../filters/useFilters";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { Card } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { ExportButton, ExportProgress } from "../../ui/ExportButton";
import { Count, When } from "../../ui/Figure";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { RangePicker } from "../../ui/RangePicker";
import { Tag, type Tone } from "../../ui/Tag";
import { type Group, GROUPS } from "../explore/question";

type Export = components["schemas"]["Export"];

const KINDS = {
  logs: "/api/usage-logs/export",
  transactions: "/api/admin/transactions/export",
  summary: "/api/analytics/export",
  audit: "/api/admin/audit/export",
} as const;
type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];

const TONES: Record<Export["status"], Tone> = { done: "good", running: "info", failed: "bad" };

/** Start an export, and every one there is: progress, file, manifest. */
export function Component() {
  const t = useT();
  const formats = useFormats();
  const { query, range } = useRange();
  const [kind, setKind] = useState<Kind>("logs");
  const [group, setGroup] = useState<Group>("day");
  const [opened, setOpened] = useState<Export | null>(null);
  const list = useApiList("/api/exports", {}, (page) => page.exports);
  const columns: Column<Export>[] = [
    {
      key: "at",
      title: t("exports.started"),
      cell: ({ createdAt }) => <When at={createdAt} />,
      main: true,
    },
    { key: "kind", title: t("exports.kind"), cell: (row) => t(`exports.kind_${row.kind}`) },
    {
      key: "format",
      title: t("exports.format"),
      cell: ({ format }) => t(`common.format_${format}`),
    },
    {
      key: "status",
      title: t("exports.status"),
      cell: ({ status }) => <Tag tone={TONES[status]}>{t(`exports.status_${status}`)}</Tag>,
    },
    {
      key: "rows",
      title: t("common.rows"),
      cell: ({ rows }) => <Count value={rows} />,
      numeric: true,
    },
    {
      key: "size",
      title: t("common.fileSize"),
      cell: ({ bytes }) => (bytes === undefined ? null : formats.bytes(bytes)),
      numeric: true,
      minor: true,
    },
  ];
  return (
    <Page
      title={t("exports.title")}
      lead={formats.range(range.start, range.end)}
      actions={<RangePicker />}
    >
      <Card title={t("exports.new")} note={t("exports.newText")}>
        <div className={classes.row}>
          <Select
            aria-label={t("exports.kind")}
            data={NAMES.map((value) => ({
              value,
              label: t(`exports.kind_${value === "logs" ? "usage-logs" : value}`),
            }))}
            value={kind}
            onChange={(value) => setKind(value ?? "logs")}
            allowDeselect={false}
          />
          {kind === "summary" && (
            <Select
              aria-label={t("explore.groupBy")}
              data={GROUPS.map((value) => ({ value, label: t(`explore.by_${value}`) }))}
              value={group}
              onChange={(value) => setGroup(value ?? "day")}
              allowDeselect={false}
            />
          )}
          <ExportButton
            path={KINDS[kind]}
            query={kind === "summary" ? { ...query, kind: "summary", groupBy: group } : query}
          />
        </div>
      </Card>
      <Card title={t("exports.history")} flush>
        <DataTable
          label={t("exports.history")}
          columns={columns}
          data={list}
          rowKey={({ id }) => id}
          onOpen={setOpened}
          empty={<EmptyState title={t("exports.none")} text={t("exports.noneText")} />}
        />
      </Card>
      <Dialog opened={opened !== null} onClose={() => setOpened(null)} title={t("exports.files")}>
        {opened && <Files id={opened.id} />}
      </Dialog>
    </Page>
  );
}

/** Addresses of an export's files are made when they are asked for: they end after an hour. */
function Files({ id }: { id: string }) {
  const found = useApiQuery("/api/exports/{id}", { path: { id } });
  return (
    <Loaded query={found} height={140}>
      {(answer) => <ExportProgress started={answer} />}
    </Loaded>
  );
}
