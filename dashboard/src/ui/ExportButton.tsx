import { Anchor, Button, Menu, Progress } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import type { Answer } from "../api/client";
import { useApi, useApiQuery } from "../api/context";
import { ApiError } from "../api/problem";
import { approximate } from "../format/decimal";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import { Dialog } from "./Dialog";
import { ErrorState } from "./ErrorState";
import { Facts } from "./Facts";
import { Id } from "./CopyButton";
import classes from "./ui.module.css";

export const FORMATS = ["csv", "json", "jsonl", "parquet"] as const;
export type ExportFormat = (typeof FORMATS)[number];

type ExportPath =
  | "/api/usage-logs/export"
  | "/api/admin/transactions/export"
  | "/api/analytics/export"
  | "/api/admin/audit/export";
type Started = Answer<"/api/usage-logs/export">;

/** How often a running export is asked for. */
const ASK_EVERY_MS = 1_500;

/** Exports what is seen: the screen's own filters go along. Shows progress, then file and manifest. */
export function ExportButton({
  path,
  query = {},
  formats = FORMATS,
}: {
  path: ExportPath;
  /** The filters of what is seen, as the export takes them. */
  query?: object;
  formats?: readonly ExportFormat[];
}) {
  const t = useT();
  const api = useApi();
  const [started, setStarted] = useState<Started | ApiError | "starting" | null>(null);
  const begin = (format: ExportFormat) => {
    setStarted("starting");
    api
      .get(path, { query: { ...query, format } })
      .then(setStarted, (error: unknown) =>
        setStarted(error instanceof ApiError ? error : new ApiError("unexpected", 0)),
      );
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<IconDownload size={16} stroke={1.6} aria-hidden="true" />}
          >
            {t("common.export")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("common.exportWhat")}</Menu.Label>
          {formats.map((format) => (
            <Menu.Item key={format} onClick={() => begin(format)}>
              {t(`common.format_${format}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={started !== null} onClose={() => setStarted(null)} title={t("common.export")}>
        {started instanceof ApiError ? (
          <ErrorState error={started} />
        ) : (
          <ExportProgress started={started === "starting" ? null : started} />
        )}
      </Dialog>
    </>
  );
}

/** An export from its start to its files; one that runs is asked for until it is done. */
export function ExportProgress({ started }: { started: Started | null }) {
  const t = useT();
  const running = started?.export.status === "running";
  const asked = useApiQuery(
    "/api/exports/{id}",
    { path: { id: started?.export.id ?? "" } },
    { enabled: running, every: ASK_EVERY_MS },
  );
  if (asked.error) return <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />;
  const answer = running ? asked.data : started;
  const progress = approximate(answer?.export.progress ?? 0) * 100;
  if (answer?.export.status === "done") return <ExportFiles answer={answer} />;
  if (answer?.export.status === "failed") return <ErrorState title={t("common.exportFailed")} />;
  return (
    <div className={classes.exporting} role="status">
      {t("common.exportRuns")}
      <Progress
        value={progress || 100}
        animated={progress === 0}
        aria-label={t("common.exportRuns")}
      />
    </div>
  );
}

type Files = Answer<"/api/exports/{id}">;

/** A finished export: its figures, the file, and the manifest that proves it complete. */
export function ExportFiles({ answer }: { answer: Files }) {
  const t = useT();
  const formats = useFormats();
  const { export: done } = answer;
  const { downloadUrl, manifestUrl } = answer as { downloadUrl?: string; manifestUrl?: string };
  return (
    <div className={classes.exporting}>
      <Facts
        facts={[
          [t("common.rows"), formats.count(done.rows)],
          [t("common.fileSize"), done.bytes === undefined ? undefined : formats.bytes(done.bytes)],
          [t("common.sha256"), done.sha256 && <Id value={done.sha256} />],
        ]}
      />
      <div className={classes.formFoot}>
        {manifestUrl && (
          <Anchor href={manifestUrl} download rel="noopener" className={classes.manifest ?? ""}>
            {t("common.manifest")}
          </Anchor>
        )}
        {downloadUrl && (
          <Button component="a" href={downloadUrl} download rel="noopener">
            {t("common.download")}
          </Button>
        )}
      </div>
    </div>
  );
}
