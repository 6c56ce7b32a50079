import { Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { useApiMutation, useApiQuery } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useWorkspace } from "../../app/workspace";
import { typed } from "../../format/decimal";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { fieldErrors, Form } from "../../ui/form";
import { Loaded } from "../../ui/Loaded";
import { Page } from "../../ui/Page";
import { Tag } from "../../ui/Tag";

type Workspace = components["schemas"]["Workspace"];
type Settings = components["schemas"]["SettingsInput"];

const MODES = ["flat", "tokens"] as const;
const PRIVACY = ["pseudonymous", "visible"] as const;

/** The workspace's settings, and who gets its alerts. */
export function Component() {
  const t = useT();
  const { workspaceId } = useWorkspace();
  const found = useApiQuery("/api/admin/workspaces/{workspaceId}", { path: { workspaceId } });
  return (
    <Page title={t("settings.title")} lead={workspaceId}>
      <Loaded query={found} height={520}>
        {({ workspace }) => (
          <>
            <General key={`general ${JSON.stringify(workspace)}`} workspace={workspace} />
            <Addresses key={`addresses ${workspace.alertEmails.length}`} workspace={workspace} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function useSave() {
  const { workspaceId } = useWorkspace();
  const save = useApiMutation("put", "/api/admin/workspaces/{workspaceId}");
  return { save, send: (body: Settings) => save.mutate({ path: { workspaceId }, body }) };
}

interface Draft {
  name: string;
  mode: (typeof MODES)[number];
  perRequest: string;
  creditValue: string;
  exchangeRate: string;
  enforceCredits: boolean;
  registeredOnly: boolean;
  userPrivacy: (typeof PRIVACY)[number];
  retentionDays: string;
}

function draftOf(workspace: Workspace): Draft {
  return {
    name: workspace.name,
    mode: workspace.pricing.mode,
    perRequest: workspace.pricing.perRequest,
    creditValue: workspace.creditValue,
    exchangeRate: workspace.exchangeRate ?? "",
    enforceCredits: workspace.enforceCredits,
    registeredOnly: workspace.registeredOnly,
    userPrivacy: workspace.userPrivacy,
    retentionDays: String(workspace.retentionDays),
  };
}

/** What the API is sent; a figure that is none is left as it is. */
export function settingsOf(draft: Draft): Settings {
  const figure = (text: string) => typed(text) ?? null;
  return {
    name: draft.name.trim(),
    pricing: { mode: draft.mode, perRequest: figure(draft.perRequest) },
    creditValue: figure(draft.creditValue),
    enforceCredits: draft.enforceCredits,
    registeredOnly: draft.registeredOnly,
    userPrivacy: draft.userPrivacy,
    retentionDays: /^\d{1,5}$/.test(draft.retentionDays) ? Number(draft.retentionDays) : null,
    ...(draft.exchangeRate.trim() ? { exchangeRate: figure(draft.exchangeRate) } : {}),
  };
}

function General({ workspace }: { workspace: Workspace }) {
  const t = useT();
  const [draft, setDraft] = useState(() => draftOf(workspace));
  const { save, send } = useSave();
  const errors = fieldErrors(save.error);
  const change = (to: Partial<Draft>) => setDraft({ ...draft, ...to });
  const text = (
    name: "name" | "perRequest" | "creditValue" | "exchangeRate" | "retentionDays",
    pointer: string,
  ) => (
    <TextInput
      label={t(`settings.${name}`)}
      value={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      error={errors(pointer)}
      {...(name === "name" ? {} : { inputMode: "decimal" as const })}
    />
  );
  const flag = (name: "enforceCredits" | "registeredOnly") => (
    <Switch
      label={t(`settings.${name}`)}
      description={t(`settings.${name}Hint`)}
      checked={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.checked })}
    />
  );
  return (
    <Card title={t("settings.general")}>
      <Form
        onSubmit={() => send(settingsOf(draft))}
        submit={t("settings.save")}
        busy={save.isPending}
        error={save.error}
      >
        <div className={classes.fields}>
          <Facts
            facts={[
              [t("settings.timezone"), workspace.timezone],
              [t("settings.currency"), workspace.currency],
            ]}
          />
          {text("name", "/name")}
          <Select
            label={t("settings.pricing")}
            data={MODES.map((value) => ({ value, label: t(`settings.pricing_${value}`) }))}
            value={draft.mode}
            onChange={(value) => change({ mode: value ?? "flat" })}
            allowDeselect={false}
            error={errors("/pricing/mode")}
          />
          {text("perRequest", "/pricing/perRequest")}
          {text("creditValue", "/creditValue")}
          {text("exchangeRate", "/exchangeRate")}
          {flag("enforceCredits")}
          {flag("registeredOnly")}
          <Select
            label={t("settings.userPrivacy")}
            data={PRIVACY.map((value) => ({ value, label: t(`settings.privacy_${value}`) }))}
            value={draft.userPrivacy}
            onChange={(value) => change({ userPrivacy: value ?? "pseudonymous" })}
            allowDeselect={false}
          />
          {text("retentionDays", "/retentionDays")}
        </div>
      </Form>
    </Card>
  );
}

/** Who gets the alerts; AWS asks each address to confirm before it sends anything. */
function Addresses({ workspace }: { workspace: Workspace }) {
  const t = useT();
  const [addresses, setAddresses] = useState(() =>
    workspace.alertEmails.map(({ address }) => address),
  );
  const { save, send } = useSave();
  const errors = fieldErrors(save.error);
  return (
    <Card title={t("settings.addresses")} note={t("settings.addressesText")}>
      <Form
        onSubmit={() => send({ alertEmails: addresses })}
        submit={t("settings.save")}
        busy={save.isPending}
        error={save.error}
      >
        <div className={classes.fields}>
          <Facts
            facts={workspace.alertEmails.map(({ address, confirmed }) => [
              address,
              <Tag key={address} tone={confirmed ? "good" : "warn"}>
                {t(confirmed ? "settings.confirmed" : "settings.unconfirmed")}
              </Tag>,
            ])}
          />
          <TagsInput
            label={t("settings.alertEmails")}
            value={addresses}
            onChange={setAddresses}
            error={errors("/alertEmails") ?? errors("/alertEmails/0")}
          />
        </div>
      </Form>
    </Card>
  );
}
