import type { components } from "../../api/generated/schema";
import { typed } from "../../format/decimal";
import { figureProblem, type Problems, problemsAmong, wholeProblem } from "../../format/problems";

type Input = components["schemas"]["TransactionInput"];
type Transaction = components["schemas"]["Transaction"];

export const REASONS = ["purchase", "promo", "refund", "adjustment"] as const;
export const TYPES = ["credit", "debit"] as const;

/** A movement as it stands in the form: texts, until it is posted. */
export interface Draft {
  userId: string;
  reason: (typeof REASONS)[number];
  type: (typeof TYPES)[number];
  amount: string;
  note: string;
  refundOf: string;
  paid: string;
}

export const EMPTY: Draft = {
  userId: "",
  reason: "purchase",
  type: "credit",
  amount: "",
  note: "",
  refundOf: "",
  paid: "",
};

/** A refund of all that is left of a transaction. */
export function refundOf({ id, userId }: Transaction, left: number): Draft {
  return { ...EMPTY, reason: "refund", userId, refundOf: id, amount: String(left) };
}

/** What cannot be posted, by the field it stands in; found before the movement is read once more. */
export function problemsOf(draft: Draft): Problems {
  const { reason } = draft;
  const needed = (text: string) => (text.trim() ? undefined : "error.field_needed");
  return problemsAmong({
    "/userId": needed(draft.userId),
    "/amount": wholeProblem(draft.amount),
    "/refundOf": reason === "refund" ? needed(draft.refundOf) : undefined,
    "/note": reason === "adjustment" ? needed(draft.note) : undefined,
    "/paid/amount": reason === "purchase" ? figureProblem(draft.paid) : undefined,
  });
}

/** What the API is sent of a draft without problems; fields that do not belong to the reason are left out. */
export function inputOf(draft: Draft, currency: string): Input {
  const { reason } = draft;
  const paid = typed(draft.paid);
  const note = draft.note.trim();
  return {
    userId: draft.userId.trim(),
    amount: Number(draft.amount.trim()),
    reason,
    ...(note ? { note } : {}),
    ...(reason === "adjustment" ? { type: draft.type } : {}),
    ...(reason === "refund" ? { refundOf: draft.refundOf.trim() } : {}),
    ...(reason === "purchase" && paid !== undefined ? { paid: { amount: paid, currency } } : {}),
  };
}
