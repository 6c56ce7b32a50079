import { Button, Tabs } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { useAddress } from "../../filters/useFilters";
import { useT } from "../../i18n/context";
import { Page } from "../../ui/Page";
import { Alerts } from "./Alerts";
import { EditThreshold } from "./EditThreshold";
import { Thresholds } from "./Thresholds";

type Threshold = components["schemas"]["Threshold"];

/** Limits and what was warned of: made, changed, tried against history, tested, acknowledged. */
export function Component() {
  const t = useT();
  const [address, change] = useAddress();
  const [editing, setEditing] = useState<Threshold | "new" | null>(null);
  const tab = address.get("tab") === "alerts" ? "alerts" : "thresholds";
  return (
    <Page
      title={t("limits.title")}
      lead={t("limits.lead")}
      actions={
        <Button
          leftSection={<IconPlus size={16} aria-hidden="true" />}
          onClick={() => setEditing("new")}
        >
          {t("limits.create")}
        </Button>
      }
    >
      <Tabs
        value={tab}
        onChange={(value) => change({ tab: value === "alerts" ? value : null })}
        keepMounted={false}
      >
        <Tabs.List aria-label={t("limits.title")}>
          <Tabs.Tab value="thresholds">{t("limits.thresholds")}</Tabs.Tab>
          <Tabs.Tab value="alerts">{t("limits.alerts")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="thresholds" pt="md">
          <Thresholds onEdit={setEditing} />
        </Tabs.Panel>
        <Tabs.Panel value="alerts" pt="md">
          <Alerts />
        </Tabs.Panel>
      </Tabs>
      {editing && (
        <EditThreshold
          threshold={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
