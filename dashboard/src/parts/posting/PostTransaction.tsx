import { Select, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useApiMutation } from "../../api/context";
import { useWorkspace } from "../../app/workspace";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Dialog } from "../../ui/Dialog";
import { Facts } from "../../ui/Facts";
import { Form } from "../../ui/form";
import { useProblems } from "../../ui/useProblems";
import { type Draft, inputOf, problemsOf, REASONS, TYPES } from "./draft";

/** Post a purchase, a promo, a refund or an adjustment: filled in, read once more, confirmed. */
export function PostTransaction({
  start,
  hint,
  onClose,
}: {
  start: Draft;
  /** What to know about the amount. */
  hint?: string;
  onClose: () => void;
}) {
  const t = useT();
  const { currency } = useWorkspace();
  const [draft, setDraft] = useState(start);
  const [confirming, setConfirming] = useState(false);
  const post = useApiMutation("post", "/api/admin/transactions");
  const { errors, pass } = useProblems(problemsOf(draft), post.error);
  const send = () =>
    post.mutate(
      { body: inputOf(draft, currency) },
      { onSuccess: onClose, onError: () => setConfirming(false) },
    );
  return (
    <Dialog opened onClose={onClose} title={t(confirming ? "ledger.check" : "ledger.post")}>
      <Form
        onSubmit={confirming ? send : () => pass(() => setConfirming(true))}
        onCancel={confirming ? () => setConfirming(false) : onClose}
        cancel={confirming ? t("ledger.back") : undefined}
        submit={t(confirming ? "ledger.confirm" : "ledger.review")}
        busy={post.isPending}
        error={post.error}
      >
        {confirming ? (
          <Review draft={draft} currency={currency} />
        ) : (
          <Fields
            draft={draft}
            hint={hint}
            currency={currency}
            change={(to) => {
              setDraft({ ...draft, ...to });
              post.reset();
            }}
            errors={errors}
          />
        )}
      </Form>
    </Dialog>
  );
}

function Review({ draft, currency }: { draft: Draft; currency: string }) {
  const t = useT();
  const formats = useFormats();
  const input = inputOf(draft, currency);
  const sign = input.type === "debit" ? -1 : 1;
  return (
    <Facts
      facts={[
        [t("transactions.user"), input.userId],
        [t("transactions.reason"), t(`transactions.reason_${input.reason}`)],
        [t("transactions.amount"), <strong key="of">{formats.signed(sign * input.amount)}</strong>],
        [t("transactions.refundOf"), input.refundOf],
        [t("transactions.paid"), input.paid && formats.exactMoney(input.paid.amount)],
        [t("transactions.note"), input.note],
      ]}
    />
  );
}

function Fields({
  draft,
  hint,
  currency,
  change,
  errors,
}: {
  draft: Draft;
  hint: string | undefined;
  currency: string;
  change: (to: Partial<Draft>) => void;
  errors: (pointer: string) => ReactNode;
}) {
  const t = useT();
  const { reason } = draft;
  const text = (
    name: "userId" | "amount" | "refundOf" | "paid",
    label: string,
    pointer: string,
    more: { needed?: boolean; hint?: string | undefined; unit?: string } = {},
  ) => (
    <TextInput
      label={label}
      description={more.hint}
      value={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      error={errors(pointer)}
      withAsterisk={more.needed ?? false}
      rightSection={more.unit && <span aria-hidden="true">{more.unit}</span>}
      rightSectionWidth={56}
      rightSectionPointerEvents="none"
      {...(name === "amount" || name === "paid" ? { inputMode: "decimal" as const } : {})}
    />
  );
  return (
    <>
      <Select
        label={t("transactions.reason")}
        data={REASONS.map((value) => ({ value, label: t(`transactions.reason_${value}`) }))}
        value={reason}
        onChange={(value) => change({ reason: value ?? "purchase" })}
        allowDeselect={false}
      />
      {text("userId", t("transactions.user"), "/userId", { needed: true })}
      {reason === "adjustment" && (
        <Select
          label={t("ledger.type")}
          data={TYPES.map((value) => ({ value, label: t(`ledger.type_${value}`) }))}
          value={draft.type}
          onChange={(value) => change({ type: value ?? "credit" })}
          allowDeselect={false}
          error={errors("/type")}
        />
      )}
      {reason === "refund" &&
        text("refundOf", t("ledger.refundOf"), "/refundOf", {
          needed: true,
          hint: t("ledger.refundOfHint"),
        })}
      {text("amount", t("transactions.amount"), "/amount", { needed: true, hint })}
      {reason === "purchase" &&
        text("paid", t("transactions.paid"), "/paid/amount", { unit: currency })}
      <Textarea
        label={t("transactions.note")}
        value={draft.note}
        onChange={(event) => change({ note: event.currentTarget.value })}
        error={errors("/note")}
        withAsterisk={reason === "adjustment"}
        autosize={false}
        rows={2}
      />
    </>
  );
}
