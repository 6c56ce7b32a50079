import { Tooltip } from "@mantine/core";
import { useLive } from "../../live/useLive";
import { useT } from "../../i18n/context";
import classes from "./Shell.module.css";

/** Keeps the screens current, and says how. */
export function Live({ workspaceId }: { workspaceId: string }) {
  const t = useT();
  const mode = useLive(workspaceId);
  return (
    <Tooltip label={t(`nav.liveHint_${mode}`)} multiline w={240} openDelay={300}>
      <span className={classes.live} data-mode={mode}>
        <span className={classes.liveDot} aria-hidden="true" />
        {t(`nav.live_${mode}`)}
      </span>
    </Tooltip>
  );
}
