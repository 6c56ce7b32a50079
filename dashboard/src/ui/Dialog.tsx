import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useT } from "../i18n/context";

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
  /** Another dialog lies over it: Escape and the keyboard are that one's. */
  covered?: boolean;
  children: ReactNode;
}) {
  const t = useT();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      centered
      lockScroll={false}
      closeOnEscape={!covered}
      trapFocus={!covered}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {children}
    </Modal>
  );
}
