import { Select, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { Card } from "../../ui/Card";
import { Facts } from "../../ui/Facts";
import { Form } from "../../ui/form";
import { useProblems } from "../../ui/useProblems";
import { type Draft, draftOf, MODES, PRIVACY, problemsOf, settingsOf } from "./draft";
import { Saved, type Saving } from "./save";

/** The price book's currency: no rate is needed for it. */
const BOOK_CURRENCY = "USD";
const MONEY: ReadonlySet<string> = new Set(["perRequest", "creditValue"]);

/** How the workspace prices, charges and keeps. */
export function General({
  workspace,
  saving,
}: {
  workspace: components["schemas"]["Workspace"];
  saving: Saving;
}) {
  const t = useT();
  const [draft, setDraft] = useState(() => draftOf(workspace));
  const { save, send } = saving;
  const { errors, pass } = useProblems(problemsOf(draft), save.error);
  const change = (to: Partial<Draft>) => {
    setDraft({ ...draft, ...to });
    save.reset();
  };
  const text = (
    name: "name" | "perRequest" | "creditValue" | "exchangeRate" | "retentionDays",
    pointer: string,
    description?: string,
  ) => (
    <TextInput
      label={t(`settings.${name}`)}
      description={description}
      value={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      error={errors(pointer)}
      rightSection={MONEY.has(name) && <span aria-hidden="true">{workspace.currency}</span>}
      rightSectionWidth={56}
      rightSectionPointerEvents="none"
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
      <div className={classes.fields}>
        <Facts
          facts={[
            [t("settings.timezone"), workspace.timezone],
            [t("settings.currency"), workspace.currency],
          ]}
        />
        <Form
          onSubmit={() => pass(() => send(settingsOf(draft)))}
          submit={t("settings.save")}
          busy={save.isPending}
          error={save.error}
        >
          {text("name", "/name")}
          <Select
            label={t("settings.pricing")}
            data={MODES.map((value) => ({ value, label: t(`settings.pricing_${value}`) }))}
            value={draft.mode}
            onChange={(value) => change({ mode: value ?? "flat" })}
            allowDeselect={false}
            error={errors("/pricing/mode")}
          />
          {text("perRequest", "/pricing/perRequest", t("settings.perRequestHint"))}
          {text("creditValue", "/creditValue")}
          {workspace.currency !== BOOK_CURRENCY &&
            text("exchangeRate", "/exchangeRate", t("settings.exchangeRateHint"))}
          {flag("enforceCredits")}
          {flag("registeredOnly")}
          <Select
            label={t("settings.userPrivacy")}
            description={t("settings.userPrivacyHint")}
            data={PRIVACY.map((value) => ({ value, label: t(`settings.privacy_${value}`) }))}
            value={draft.userPrivacy}
            onChange={(value) => change({ userPrivacy: value ?? "pseudonymous" })}
            allowDeselect={false}
            error={errors("/userPrivacy")}
          />
          {text("retentionDays", "/retentionDays", t("settings.retentionDaysHint"))}
          <Saved save={save} />
        </Form>
      </div>
    </Card>
  );
}
