import type { components } from "../api/generated/schema";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import { Facts } from "../ui/Facts";
import { Money } from "../ui/Figure";
import { arithmeticOf } from "./arithmetic";
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
      <Arithmetic text={receipt.arithmetic} />
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

/** How cost and credits follow from the lines, each on a line of its own. */
function Arithmetic({ text }: { text: string }) {
  const t = useT();
  const steps = arithmeticOf(t, text);
  if (!steps) return <p className={classes.arithmetic}>{text}</p>;
  return (
    <dl className={classes.arithmetic}>
      <dt>{t("usage.cost")}</dt>
      <dd>{steps.cost}</dd>
      <dt>{t("usage.credits")}</dt>
      <dd>{steps.credits}</dd>
    </dl>
  );
}
