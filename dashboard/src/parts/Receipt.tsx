import type { components } from "../api/generated/schema";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import { Facts } from "../ui/Facts";
import { Money } from "../ui/Figure";
import classes from "./parts.module.css";
import { PriceLines } from "./PriceLines";

type ReceiptData = components["schemas"]["Receipt"];

/** What a log cost and why: the lines, what was matched, and the arithmetic that gives the figure again. */
export function Receipt({ receipt }: { receipt: ReceiptData }) {
  const t = useT();
  const formats = useFormats();
  const { lines, matched } = receipt;
  return (
    <div className={classes.receipt}>
      {lines.length > 0 && <PriceLines label={t("usage.receipt")} lines={lines} />}
      <p className={classes.arithmetic}>{receipt.arithmetic}</p>
      <Facts
        facts={[
          [t("usage.basis"), t(`usage.basis_${receipt.basis}`)],
          [t("usage.matched"), matched && `${matched.vendor} · ${matched.model}`],
          [t("usage.priceBook"), receipt.priceBook],
          [
            t("usage.exchangeRate"),
            receipt.exchangeRate && formats.exactMoney(receipt.exchangeRate),
          ],
          [t("usage.creditValue"), <Money key="value" value={receipt.creditValue} exact />],
        ]}
      />
    </div>
  );
}
