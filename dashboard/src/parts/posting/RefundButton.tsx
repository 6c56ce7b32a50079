import { Button } from "@mantine/core";
import { IconReceiptRefund } from "@tabler/icons-react";
import { useState } from "react";
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
}: {
  transaction: components["schemas"]["Transaction"];
}) {
  const t = useT();
  const formats = useFormats();
  const [opened, setOpened] = useState(false);
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
        onClick={() => setOpened(true)}
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
          onClose={() => setOpened(false)}
        />
      )}
    </>
  );
}
