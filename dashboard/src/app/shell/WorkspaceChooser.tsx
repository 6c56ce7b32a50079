import { Menu, UnstyledButton } from "@mantine/core";
import { IconCheck, IconSelector } from "@tabler/icons-react";
import { useState } from "react";
import { useLocation } from "react-router";
import { useApiQuery } from "../../api/context";
import { useIdentity } from "../../auth/context";
import { useT } from "../../i18n/context";
import { useChooseWorkspace, useWanted } from "../choose";
import { WITHOUT_WORKSPACE } from "../screens";
import { useWorkspace } from "../workspace";
import classes from "./Shell.module.css";

/** The workspace's name; for operators, the way to another one. */
export function WorkspaceChooser() {
  const t = useT();
  const { role } = useIdentity();
  const { workspaceId, name } = useWorkspace();
  const content = (
    <span className={classes.workspaceText}>
      <span className={classes.workspaceLabel}>{t("nav.workspace")}</span>
      <span className={classes.workspaceName}>{name || t("nav.choose")}</span>
    </span>
  );
  if (role !== "operator") return <div className={classes.workspace}>{content}</div>;
  return <Chooser current={workspaceId}>{content}</Chooser>;
}

function Chooser({ current, children }: { current: string; children: React.ReactNode }) {
  const t = useT();
  const choose = useChooseWorkspace();
  const [opened, setOpened] = useState(false);
  const { pathname } = useLocation();
  const wanted = useWanted();
  const list = useApiQuery("/api/admin/workspaces", { query: { limit: 100 } }, { enabled: opened });
  // The same screen of the other workspace; a page about one user is not in it.
  const screen = `/${pathname.split("/").filter(Boolean)[0] ?? ""}`;
  const target = WITHOUT_WORKSPACE.includes(screen) ? wanted : screen;
  return (
    <Menu opened={opened} onChange={setOpened} width={232} position="bottom-start">
      <Menu.Target>
        <UnstyledButton className={classes.workspace} data-button>
          {children}
          <IconSelector size={16} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown mah={360} className={classes.scroll ?? ""}>
        <Menu.Label>{t("nav.choose")}</Menu.Label>
        {list.data?.workspaces.map((workspace) => (
          <Menu.Item
            key={workspace.workspaceId}
            onClick={() => choose(workspace.workspaceId, target)}
            rightSection={
              workspace.workspaceId === current ? <IconCheck size={16} aria-hidden="true" /> : null
            }
          >
            {workspace.name}
          </Menu.Item>
        )) ?? <Menu.Item disabled>{t("common.loading")}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}
