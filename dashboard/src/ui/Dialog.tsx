import { Modal } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { useT } from "../i18n/context";

/** The focus goes back to what opened a dialog, also where the dialog goes away with what it is part of. */
function useFocusBack(opened: boolean): void {
  useEffect(() => {
    const opener = document.activeElement;
    if (!opened || !(opener instanceof HTMLElement)) return undefined;
    return () => opener.focus({ preventScroll: true });
  }, [opened]);
}

/** A dialog with a heading; Escape and the cross close it, the keyboard stays inside. */
export function Dialog({
  opened,
  onClose,
  title,
  size = "md",
  covered = false,
  children,
}: {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: "sm" | "md" | "lg" | "xl";
  /** Another dialog lies over it: Escape closes that one. */
  covered?: boolean;
  children: ReactNode;
}) {
  const t = useT();
  useFocusBack(opened);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      centered
      lockScroll={false}
      closeOnEscape={!covered}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {children}
    </Modal>
  );
}
