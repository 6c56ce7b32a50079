import { Button, Select, Switch, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useApiMutation } from "../../api/context";
import { useWorkspace } from "../../app/workspace";
import { useT } from "../../i18n/context";
import classes from "../../parts/parts.module.css";
import { Dialog } from "../../ui/Dialog";
import { Form, FormError } from "../../ui/form";
import { useProblems } from "../../ui/useProblems";
import { type Draft, draftOf, inputOf, METRICS, NEW, problemsOf, type Threshold } from "./draft";
import own from "./limits.module.css";
import { Trial } from "./Trial";

/** Make a limit or change one; it can be tried against the last days before it is saved. */
export function EditThreshold({
  threshold,
  onClose,
}: {
  threshold: Threshold | null;
  onClose: () => void;
}) {
  const t = useT();
  const [draft, setDraft] = useState<Draft>(threshold ? draftOf(threshold) : NEW);
  const create = useApiMutation("post", "/api/thresholds");
  const change = useApiMutation("put", "/api/thresholds/{id}");
  const trial = useApiMutation("post", "/api/thresholds/try");
  const save = threshold ? change : create;
  const { errors, pass } = useProblems(problemsOf(draft), save.error ?? trial.error);
  const send = () => {
    const body = inputOf(draft);
    if (threshold) change.mutate({ path: { id: threshold.id }, body }, { onSuccess: onClose });
    else create.mutate({ body }, { onSuccess: onClose });
  };
  return (
    <Dialog
      opened
      onClose={onClose}
      title={t(threshold ? "limits.edit" : "limits.create")}
      size="lg"
    >
      <Form
        onSubmit={() => pass(send)}
        onCancel={onClose}
        submit={t("limits.save")}
        busy={save.isPending}
        error={save.error}
      >
        <Fields
          draft={draft}
          change={(to) => {
            setDraft({ ...draft, ...to });
            trial.reset();
          }}
          errors={errors}
        />
        <div className={classes.row}>
          <Button
            variant="default"
            loading={trial.isPending}
            onClick={() => pass(() => trial.mutate({ body: { threshold: inputOf(draft) } }))}
          >
            {t("limits.try")}
          </Button>
        </div>
        <FormError error={trial.error} />
        {trial.data && <Trial answer={trial.data} metric={draft.metric} />}
      </Form>
    </Dialog>
  );
}

function Fields({
  draft,
  change,
  errors,
}: {
  draft: Draft;
  change: (to: Partial<Draft>) => void;
  errors: (pointer: string) => ReactNode;
}) {
  const t = useT();
  const { currency } = useWorkspace();
  const balance = draft.metric === "balance";
  const text = (
    name: "userId" | "daily" | "monthly" | "below" | "percents",
    label: string,
    pointer: string,
    hint?: string,
  ) => (
    <TextInput
      label={label}
      description={hint}
      value={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      error={errors(pointer) ?? errors(`/threshold${pointer}`)}
      rightSection={
        draft.metric === "cost" &&
        (name === "daily" || name === "monthly") && <span aria-hidden="true">{currency}</span>
      }
      rightSectionWidth={56}
      rightSectionPointerEvents="none"
      {...(name === "userId" ? {} : { inputMode: "decimal" as const })}
    />
  );
  return (
    <>
      <Select
        label={t("limits.metric")}
        data={METRICS.map((value) => ({ value, label: t(`limits.metric_${value}`) }))}
        value={draft.metric}
        onChange={(value) => change({ metric: value ?? "cost" })}
        allowDeselect={false}
      />
      {!balance && (
        <Select
          label={t("limits.scope")}
          data={(["workspace", "user"] as const).map((value) => ({
            value,
            label: t(`limits.scope_${value}`),
          }))}
          value={draft.scope}
          onChange={(value) => change({ scope: value ?? "workspace" })}
          allowDeselect={false}
        />
      )}
      {(balance || draft.scope === "user") &&
        text("userId", t("limits.user"), "/userId", t("limits.userHint"))}
      {balance ? (
        text("below", t("limits.below"), "/below")
      ) : (
        <>
          <div className={own.pair}>
            {text("daily", t("limits.daily"), "/dailyLimit")}
            {text("monthly", t("limits.monthly"), "/monthlyLimit")}
          </div>
          {text("percents", t("limits.percents"), "/notifyAtPercent", t("limits.percentsHint"))}
          <Switch
            label={t("limits.block")}
            description={t("limits.blockHint")}
            checked={draft.block}
            onChange={(event) => change({ block: event.currentTarget.checked })}
          />
        </>
      )}
      <Switch
        label={t("limits.alertEnabled")}
        checked={draft.alertEnabled}
        onChange={(event) => change({ alertEnabled: event.currentTarget.checked })}
      />
    </>
  );
}
