import { SegmentedControl, TextInput } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useApiMutation } from "../../api/context";
import { useWorkspace } from "../../app/workspace";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Dialog } from "../../ui/Dialog";
import { Form } from "../../ui/form";
import { useProblems } from "../../ui/useProblems";
import classes from "./prices.module.css";
import { type Draft, draftOf, fromOf, inputOf, KINDS, problemsOf, RATES } from "./draft";

/** Loaded with the form: the calendar is large. */
const DayPicker = lazy(() => import("../../ui/DayPicker"));

/** A price of the workspace for a service and model, from a moment on. */
export function EditPrice({
  of,
  onClose,
}: {
  of: { service: string; model: string };
  onClose: () => void;
}) {
  const t = useT();
  const formats = useFormats();
  const { currency, timezone } = useWorkspace();
  const [draft, setDraft] = useState<Draft>(() => draftOf(of, new Date(), timezone));
  const save = useApiMutation("put", "/api/admin/prices");
  const { errors, pass } = useProblems(problemsOf(draft, timezone), save.error);
  const change = (to: Partial<Draft>) => setDraft({ ...draft, ...to });
  const from = fromOf(draft, timezone);
  const figure = {
    inputMode: "decimal",
    rightSection: <span aria-hidden="true">{currency}</span>,
    rightSectionWidth: 56,
    rightSectionPointerEvents: "none",
  } as const;
  const text = (
    name: "service" | "model" | "perRequest",
    label: string,
    more: { description?: string; withAsterisk?: boolean } = {},
  ) => (
    <TextInput
      {...more}
      {...(name === "perRequest" ? figure : {})}
      label={label}
      value={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      error={errors(`/${name}`)}
    />
  );
  return (
    <Dialog opened onClose={onClose} title={t("prices.add")}>
      <Form
        onSubmit={() =>
          pass(() => save.mutate({ body: inputOf(draft, timezone) }, { onSuccess: onClose }))
        }
        onCancel={onClose}
        submit={t("prices.save")}
        busy={save.isPending}
        error={save.error}
      >
        {text("service", t("prices.service"), { withAsterisk: true })}
        {text("model", t("prices.model"), { description: t("prices.modelHint") })}
        <div>
          <div className={classes.from}>
            <Suspense
              fallback={
                <TextInput
                  label={t("prices.from")}
                  value={formats.day(draft.day)}
                  withAsterisk
                  readOnly
                />
              }
            >
              <DayPicker
                label={t("prices.from")}
                day={draft.day}
                onPick={(day) => change({ day })}
                error={errors("/effectiveFrom")}
              />
            </Suspense>
            <TextInput
              inputMode="numeric"
              placeholder={t("prices.timeHint")}
              label={t("prices.fromTime")}
              value={draft.time}
              onChange={(event) => change({ time: event.currentTarget.value })}
              error={Boolean(errors("/effectiveFrom"))}
              withAsterisk
            />
          </div>
          <p className={classes.exact} aria-live="polite">
            <span>{from ? formats.exactTime(from) : "\u00a0"}</span>
            {from && <code>{from}</code>}
          </p>
        </div>
        <SegmentedControl
          aria-label={t("prices.kind")}
          value={draft.kind}
          onChange={(kind) => change({ kind })}
          data={KINDS.map((value) => ({ value, label: t(`prices.kind_${value}`) }))}
        />
        {draft.kind === "perRequest" ? (
          text("perRequest", t("prices.perRequest"), { withAsterisk: true })
        ) : (
          <div className={classes.rates}>
            {RATES.map((name) => (
              <TextInput
                key={name}
                label={t(`usage.item_${name}`)}
                {...figure}
                value={draft.rates[name]}
                onChange={(event) =>
                  change({ rates: { ...draft.rates, [name]: event.currentTarget.value } })
                }
                error={errors(`/perMillion/${name}`)}
                withAsterisk={name === "input" || name === "output"}
              />
            ))}
          </div>
        )}
      </Form>
    </Dialog>
  );
}
