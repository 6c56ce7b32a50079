import { ActionIcon, Button, Popover } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { useApiQuery } from "../../api/context";
import { useIdentity } from "../../auth/context";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { useAlertText } from "../../ui/useAlertText";
import classes from "./Shell.module.css";

/** As many as the list under the bell shows. */
const SHOWN = 6;
const LET_THE_SCREEN_ASK_MS = 3_000;

/** What is new among the alerts: sent, and not acknowledged by anybody. */
export function AlertsBell() {
  const t = useT();
  const formats = useFormats();
  const { role } = useIdentity();
  const sentence = useAlertText();
  const [opened, setOpened] = useState(false);
  const ready = useQuietOnce();
  const { data } = useApiQuery(
    "/api/alerts",
    { query: { status: "sent", limit: SHOWN } },
    { enabled: ready || opened },
  );
  const count = data?.total ?? 0;
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      width={340}
      position="bottom-end"
      shadow="md"
      trapFocus
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={40}
          onClick={() => setOpened((now) => !now)}
          aria-label={count ? t("nav.newAlerts", { count }) : t("nav.alerts")}
        >
          <IconBell size={20} stroke={1.6} />
          {count > 0 && (
            <span className={classes.badge} aria-hidden="true">
              {count > 99 ? "99+" : count}
            </span>
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown className={classes.alerts ?? ""}>
        <div className={classes.alertsTitle}>{t("nav.alerts")}</div>
        {count === 0 ? (
          <p className={classes.quiet}>{t("nav.noAlerts")}</p>
        ) : (
          <ul className={classes.alertList}>
            {data?.alerts.map((alert) => (
              <li key={alert.id}>
                <span>{sentence(alert)}</span>
                <time dateTime={alert.createdAt}>{formats.ago(alert.createdAt)}</time>
              </li>
            ))}
          </ul>
        )}
        <Button
          component={Link}
          to={role === "user" ? "/home" : "/limits?tab=alerts"}
          variant="light"
          fullWidth
          onClick={() => setOpened(false)}
        >
          {t(role === "user" ? "nav.myLimits" : "nav.allAlerts")}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Whether the screen's own requests have been answered once: they go first. */
function useQuietOnce(): boolean {
  const client = useQueryClient();
  const [quiet, setQuiet] = useState(false);
  useEffect(() => {
    const look = () => {
      if (client.isFetching() === 0) setQuiet(true);
    };
    // The screen's chunk asks only after the shell was drawn.
    const first = setTimeout(look, LET_THE_SCREEN_ASK_MS);
    const stop = client.getQueryCache().subscribe(() => setTimeout(look, LET_THE_SCREEN_ASK_MS));
    return () => {
      clearTimeout(first);
      stop();
    };
  }, [client]);
  return quiet;
}
