import { Button } from "@mantine/core";
import { IconUserX } from "@tabler/icons-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useApiMutation } from "../../api/context";
import { useT } from "../../i18n/context";
import { Confirm } from "../../ui/Confirm";
import classes from "./user.module.css";

/** Takes the user's id and texts away for good; the account's sums stay. */
export function Erase({ userId }: { userId: string }) {
  const t = useT();
  const navigate = useNavigate();
  const [opened, setOpened] = useState(false);
  const erase = useApiMutation("delete", "/api/admin/users/{userId}");
  return (
    <>
      <Button
        variant="default"
        className={classes.danger ?? ""}
        leftSection={<IconUserX size={16} stroke={1.6} aria-hidden="true" />}
        onClick={() => setOpened(true)}
      >
        {t("users.erase")}
      </Button>
      <Confirm
        opened={opened}
        onClose={() => setOpened(false)}
        title={t("users.eraseTitle", { user: userId })}
        action={t("users.erase")}
        danger
        busy={erase.isPending}
        error={erase.error}
        onConfirm={() =>
          erase.mutate(
            { path: { userId }, body: undefined },
            { onSuccess: () => void navigate("/users") },
          )
        }
      >
        {t("users.eraseText")}
      </Confirm>
    </>
  );
}
