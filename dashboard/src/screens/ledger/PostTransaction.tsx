import { Select, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useApiMutation } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { isDecimal, toDecimal } from "../../format/decimal";
import { useFormats } from "../../format/context";
import { useWorkspace } from "../../app/workspace";
import { useT } from "../../i18n/context";
import { Dialog } from "../../ui/Dialog";
import { Facts } from "../../ui/Facts";
import { fieldErrors, Form } from "../../ui/form";

type Input = components["schemas"]["TransactionInput"];

const REASONS = ["purchase", "promo", "refund", "adjustment"] as const;
const TYPES = ["credit", "debit"] as const;

interface Draft {
  userId: string;
  reason: (typeof REASONS)[number];
  type: (typeof TYPES)[number];
  amount: string;
  note: string;
  refundOf: string;
  paid: string;
}

const EMPTY: Draft = {
  userId: "",
  reason: "purchase",
  type: "credit",
  amount: "",
  note: "",
  refundOf: "",
  paid: "",
};

/** What the API is sent; fields that do not belong to the reason are left out. */
export function inputOf(draft: Draft, currency: string): Input {
  const { reason } = draft;
  return {
    userId: draft.userId.trim(),
    amount: /^\d{1,15}$/.test(draft.amount) ? Number(draft.amount) : 0,
    reason,
    ...(draft.note.trim() ? { note: draft.note.trim() } : {}),
    ...(reason === "adjustment" ? { type: draft.type } : {}),
    ...(reason === "refund" ? { refundOf: draft.refundOf.trim() } : {}),
    ...(reason === "purchase" && isDecimal(draft.paid)
      ? { paid: { amount: toDecimal(draft.paid), currency } }
      : {}),
  };
}

/** Post a purchase, a promo, a refund or an adjustment: filled in, read once more, confirmed. */
export function PostTransaction({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useT();
  const [draft, setDraft] = useState(EMPTY);
  const [confirming, setConfirming] = useState(false);
  const post = useApiMutation("post", "/api/admin/transactions");
  const { currency } = useWorkspace();
  const close = () => {
    post.reset();
    setConfirming(false);
    onClose();
  };
  const send = () =>
    post.mutate(
      { body: inputOf(draft, currency) },
      {
        onSuccess: () => {
          setDraft(EMPTY);
          close();
        },
        onError: () => setConfirming(false),
      },
    );
  return (
    <Dialog opened={opened} onClose={close} title={t("ledger.post")}>
      <Form
        onSubmit={() => (confirming ? send() : setConfirming(true))}
        onCancel={() => (confirming ? setConfirming(false) : close())}
        submit={confirming ? t("ledger.confirm") : t("ledger.review")}
        busy={post.isPending}
        error={post.error}
      >
        {confirming ? (
          <Review draft={draft} currency={currency} />
        ) : (
          <Fields
            draft={draft}
            change={(to) => setDraft({ ...draft, ...to })}
            errors={fieldErrors(post.error)}
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
        [t("transactions.amount"), formats.signed(sign * input.amount)],
        [t("transactions.refundOf"), input.refundOf],
        [t("transactions.paid"), input.paid && `${formats.count(input.paid.amount)} ${currency}`],
        [t("transactions.note"), input.note],
      ]}
    />
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
  const { reason } = draft;
  const text = (name: keyof Draft, label: string, pointer: string, required = false) => (
    <TextInput
      label={label}
      value={draft[name]}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
      error={errors(pointer)}
      withAsterisk={required}
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
      {text("userId", t("transactions.user"), "/userId", true)}
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
      {text("amount", t("transactions.amount"), "/amount", true)}
      {reason === "refund" && text("refundOf", t("ledger.refundOf"), "/refundOf", true)}
      {reason === "purchase" && text("paid", t("transactions.paid"), "/paid/amount")}
      <Textarea
        label={t("transactions.note")}
        value={draft.note}
        onChange={(event) => change({ note: event.currentTarget.value })}
        error={errors("/note")}
        withAsterisk={reason === "adjustment"}
        autosize={false}
      />
    </>
  );
}
