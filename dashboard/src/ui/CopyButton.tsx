import { ActionIcon, CopyButton as Copy, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useT } from "../i18n/context";
import classes from "./ui.module.css";

/** Puts a value into the clipboard: `<CopyButton value={id} label={t("…")} />`. */
export function CopyButton({ value, label }: { value: string; label: string }) {
  const t = useT();
  return (
    <Copy value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t("common.copied") : label}>
          <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={label}>
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </Copy>
  );
}

/** An id in full, with a button that copies it. */
export function Id({ value, label }: { value: string; label?: string }) {
  const t = useT();
  return (
    <span className={classes.copy}>
      <code className={classes.code}>{value}</code>
      <CopyButton value={value} label={label ?? t("common.copyId")} />
    </span>
  );
}
