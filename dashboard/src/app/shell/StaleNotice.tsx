import { Button } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { useStale } from "../../api/stale";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import classes from "./StaleNotice.module.css";

/** Says that figures on screen are older than they should be, and tries again. Moves nothing. */
export function StaleNotice() {
  const t = useT();
  const formats = useFormats();
  const stale = useStale();
  return (
    <div role="status" className={classes.notice}>
      {stale && (
        <div className={classes.body}>
          <IconCloudOff size={18} stroke={1.6} aria-hidden="true" />
          <span>{t("common.stale", { time: formats.clock(stale.since) })}</span>
          <Button variant="subtle" size="compact-sm" loading={stale.busy} onClick={stale.retry}>
            {t("error.retry")}
          </Button>
        </div>
      )}
    </div>
  );
}
