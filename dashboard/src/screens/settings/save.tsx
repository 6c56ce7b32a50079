import { useApiMutation } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useWorkspace } from "../../app/workspace";
import { useT } from "../../i18n/context";
import classes from "./settings.module.css";

type Settings = components["schemas"]["SettingsInput"];

/** Saves a part of the settings; outlives the form, which begins anew with what was saved. */
export function useSave() {
  const { workspaceId } = useWorkspace();
  const save = useApiMutation("put", "/api/admin/workspaces/{workspaceId}");
  return { save, send: (body: Settings) => save.mutate({ path: { workspaceId }, body }) };
}
export type Saving = ReturnType<typeof useSave>;

/** Says that what is there is saved, until it is changed. */
export function Saved({ save }: Pick<Saving, "save">) {
  const t = useT();
  return (
    <p role="status" className={classes.saved}>
      {save.isSuccess && t("settings.saved")}
    </p>
  );
}
