import { SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import { useApiMutation } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { typed } from "../../format/decimal";
import { useT } from "../../i18n/context";
import { Dialog } from "../../ui/Dialog";
import { fieldErrors, Form } from "../../ui/form";

const RATES = ["input", "output", "cachedInput", "cacheWrite", "reasoning"] as const;
type RateName = (typeof RATES)[number];
const KINDS = ["perMillion", "perRequest"] as const;

export interface Draft {
  service: string;
  model: string;
  effectiveFrom: string;
  kind: (typeof KINDS)[number];
  perRequest: string;
  rates: Record<RateName, string>;
}

/** What the API is sent; rates that were left empty are left out. */
export function inputOf(draft: Draft): components["schemas"]["PriceInput"] {
  const rates = Object.fromEntries(
    RATES.flatMap((name) => {
      const rate = typed(draft.rates[name]);
      return rate === undefined ? [] : [[name, rate]];
    }),
  ) as unknown as components["schemas"]["RatesInput"];
  const flat = typed(draft.perRequest);
  const model = draft.model.trim();
  return {
    service: draft.service.trim(),
    ...(model ? { model } : {}),
    effectiveFrom: draft.effectiveFrom,
    ...(draft.kind === "perMillion"
      ? { perMillion: rates }
      : flat === undefined
        ? {}
        : { perRequest: flat }),
  };
}

/** A price of the workspace for a service and model, from a moment on. */
export function EditPrice({
  of,
  onClose,
}: {
  of: { service: string; model: string };
  onClose: () => void;
}) {
  const t = useT();
  const [draft, setDraft] = useState<Draft>({
    ...of,
    effectiveFrom: new Date().toISOString(),
    kind: "perMillion",
    perRequest: "",
    rates: { input: "", output: "", cachedInput: "", cacheWrite: "", reasoning: "" },
  });
  const save = useApiMutation("put", "/api/admin/prices");
  const errors = fieldErrors(save.error);
  const change = (to: Partial<Draft>) => setDraft({ ...draft, ...to });
  const text = (name: "service" | "model" | "effectiveFrom" | "perRequest", label: string) => (
    <TextInput
      label={label}
      value={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      error={errors(`/${name}`)}
    />
  );
  return (
    <Dialog opened onClose={onClose} title={t("prices.add")}>
      <Form
        onSubmit={() => save.mutate({ body: inputOf(draft) }, { onSuccess: onClose })}
        onCancel={onClose}
        submit={t("prices.save")}
        busy={save.isPending}
        error={save.error}
      >
        {text("service", t("prices.service"))}
        {text("model", t("prices.model"))}
        {text("effectiveFrom", t("prices.from"))}
        <SegmentedControl
          aria-label={t("prices.kind")}
          value={draft.kind}
          onChange={(kind) => change({ kind })}
          data={KINDS.map((value) => ({ value, label: t(`prices.kind_${value}`) }))}
        />
        {draft.kind === "perRequest"
          ? text("perRequest", t("prices.perRequest"))
          : RATES.map((name) => (
              <TextInput
                key={name}
                label={t(`usage.item_${name}`)}
                inputMode="decimal"
                value={draft.rates[name]}
                onChange={(event) =>
                  change({ rates: { ...draft.rates, [name]: event.currentTarget.value } })
                }
                error={errors(`/perMillion/${name}`)}
                withAsterisk={name === "input" || name === "output"}
              />
            ))}
      </Form>
    </Dialog>
  );
}
