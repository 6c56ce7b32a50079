import { useState } from "react";
import type { components } from "../api/generated/schema";
import { useApiQuery } from "../api/context";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import type { Translate } from "../i18n/messages";
import { Id } from "../ui/CopyButton";
import { Dialog } from "../ui/Dialog";
import { Facts } from "../ui/Facts";
import { Count, When } from "../ui/Figure";
import { Loaded } from "../ui/Loaded";
import { Metadata } from "./Metadata";
import { RefundButton } from "./posting/RefundButton";
import classes from "./parts.module.css";
import { Receipt } from "./Receipt";

type Transaction = components["schemas"]["Transaction"];

/** Logs of a usage transaction that are opened at once; a batch may have many more. */
const SHOWN_LOGS = 5;

/** One movement of credits: how much, why, the balance after it, and what it paid for. */
export function TransactionDetails({
  transaction,
  refundable = false,
  onClose,
}: {
  transaction: Transaction | null;
  /** Whether who looks may give it back. */
  refundable?: boolean;
  onClose: () => void;
}) {
  const t = useT();
  const [refunding, setRefunding] = useState(false);
  return (
    <Dialog
      opened={transaction !== null}
      onClose={onClose}
      covered={refunding}
      title={t("transactions.details")}
      size="lg"
    >
      {transaction && (
        <>
          <Details transaction={transaction} />
          {refundable && transaction.reason === "usage" && transaction.amount > 0 && (
            <div className={classes.foot}>
              <RefundButton transaction={transaction} opened={refunding} onOpened={setRefunding} />
            </div>
          )}
        </>
      )}
    </Dialog>
  );
}

function Details({ transaction }: { transaction: Transaction }) {
  const t = useT();
  const formats = useFormats();
  const { paid, usageLogIds = [] } = transaction;
  return (
    <div className={classes.details}>
      <Facts
        facts={[
          [t("transactions.time"), <When key="at" at={transaction.createdAt} />],
          [t("transactions.reason"), t(`transactions.reason_${transaction.reason}`)],
          [t("transactions.amount"), formats.signed(signedAmount(transaction))],
          [
            t("transactions.balanceAfter"),
            <Count key="after" value={transaction.balanceAfter} exact />,
          ],
          [t("transactions.number"), formats.count(transaction.seq)],
          [t("transactions.user"), transaction.userId],
          [t("transactions.note"), noteOf(t, transaction)],
          [t("transactions.paid"), paid && `${formats.count(paid.amount)} ${paid.currency}`],
          [
            t("transactions.refundOf"),
            transaction.refundOf && <Id key="of" value={transaction.refundOf} />,
          ],
          [t("transactions.id"), <Id key="id" value={transaction.id} />],
          [t("transactions.hash"), <Id key="hash" value={transaction.hash} />],
        ]}
      />
      {usageLogIds.slice(0, SHOWN_LOGS).map((id) => (
        <PaidLog key={id} id={id} />
      ))}
      {usageLogIds.length > SHOWN_LOGS && (
        <p>{t("transactions.moreLogs", { count: usageLogIds.length - SHOWN_LOGS })}</p>
      )}
      <Metadata value={transaction.metadata} />
    </div>
  );
}

/** What a usage transaction paid for, with its receipt. */
function PaidLog({ id }: { id: string }) {
  const t = useT();
  const log = useApiQuery("/api/usage-logs/{id}", { path: { id } });
  return (
    <section>
      <h3 className={classes.heading}>{t("transactions.receiptOf", { id })}</h3>
      <Loaded query={log} height={120}>
        {({ usageLog }) => <Receipt receipt={usageLog.repriced?.receipt ?? usageLog.receipt} />}
      </Loaded>
    </section>
  );
}

/** What a movement does to the balance. */
export function signedAmount({ type, amount }: Transaction): number {
  return type === "credit" ? amount : -amount;
}

const REPRICING = /^Repricing (\S+)$/;

/** A note as somebody wrote it; the one that repricings leave in the reader's language. */
export function noteOf(t: Translate, { note, reason }: Transaction): string | undefined {
  const id = reason === "adjustment" && note ? REPRICING.exec(note)?.[1] : undefined;
  return id === undefined ? note : t("transactions.repriced", { id });
}
