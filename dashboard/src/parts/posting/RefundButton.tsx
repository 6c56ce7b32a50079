import { Button } from "@mantine/core";
import { IconReceiptRefund } from "@tabler/icons-react";
import { useApiQuery } from "../../api/context";
import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { FormError } from "../../ui/form";
import { refundOf } from "./draft";
import { PostTransaction } from "./PostTransaction";

/** Gives credits of a usage transaction back: begins with all that is left of it. */
export function RefundButton({
  transaction,
  opened,
  onOpened,
}: {
  transaction: components["schemas"]["Transaction"];
  /** Whether its dialog lies over what it stands in. */
  opened: boolean;
  onOpened: (opened: boolean) => void;
}) {
  const t = useT();
  const formats = useFormats();
  const { id } = transaction;
  const found = useApiQuery("/api/transactions/{id}", { path: { id } });
  const given = found.data?.transaction.id === id ? found.data.refunded : undefined;
  const left = given === undefined ? undefined : transaction.amount - given;
  return (
    <>
      <FormError error={found.error} />
      <Button
        variant="default"
        leftSection={<IconReceiptRefund size={16} stroke={1.6} aria-hidden="true" />}
        loading={found.isPending}
        disabled={!left}
        onClick={() => onOpened(true)}
      >
        {t(left === 0 ? "ledger.nothingLeft" : "ledger.refund")}
      </Button>
      {opened && left !== undefined && (
        <PostTransaction
          start={refundOf(transaction, left)}
          hint={t("ledger.left", {
            left: formats.count(left),
            amount: formats.count(transaction.amount),
          })}
          onClose={() => onOpened(false)}
        />
      )}
    </>
  );
}
