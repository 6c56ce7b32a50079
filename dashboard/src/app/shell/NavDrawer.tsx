import { Drawer } from "@mantine/core";
import { useT } from "../../i18n/context";
import { NavLinks } from "./NavLinks";
import { WorkspaceChooser } from "./WorkspaceChooser";

/** All of the navigation on a phone. */
export function NavDrawer({
  opened,
  onClose,
  withWorkspace,
}: {
  opened: boolean;
  onClose: () => void;
  withWorkspace: boolean;
}) {
  const t = useT();
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="bottom"
      size="82%"
      title={t("nav.all")}
      lockScroll={false}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <WorkspaceChooser />
      <nav aria-label={t("nav.main")}>
        <NavLinks withWorkspace={withWorkspace} onFollow={onClose} />
      </nav>
    </Drawer>
  );
}
