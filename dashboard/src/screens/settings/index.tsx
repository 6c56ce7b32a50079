import { useApiQuery } from "../../api/context";
import { useWorkspace } from "../../app/workspace";
import { useT } from "../../i18n/context";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { Addresses } from "./Addresses";
import { General } from "./General";
import { useSave } from "./save";

/** The workspace's settings, and who gets its alerts. */
export function Component() {
  const t = useT();
  const { workspaceId } = useWorkspace();
  const found = useApiQuery("/api/admin/workspaces/{workspaceId}", { path: { workspaceId } });
  const general = useSave();
  const addresses = useSave();
  return (
    <Page title={t("settings.title")} lead={workspaceId}>
      <Loaded query={found} height={520}>
        {({ workspace: { alertEmails, ...rest } }) => (
          <>
            <General
              key={`general ${JSON.stringify(rest)}`}
              workspace={{ alertEmails, ...rest }}
              saving={general}
            />
            <Addresses
              key={`addresses ${alertEmails.map(({ address }) => address).join(" ")}`}
              workspace={{ alertEmails, ...rest }}
              saving={addresses}
            />
          </>
        )}
      </Loaded>
    </Page>
  );
}
