import type { components } from "../api/generated/schema";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import { Count, Money } from "../ui/Figure";
import { Facts } from "../ui/Facts";
import classes from "./parts.module.css";

type ReceiptData = components["schemas"]["Receipt"];

const ITEMS = ["request", "input", "output", "cachedInput", "cacheWrite", "reasoning"] as const;
type Item = (typeof ITEMS)[number];

function isItem(name: string): name is Item {
  return (ITEMS as readonly string[]).includes(name);
}

/** What a log cost and why: the lines, what was matched, and the arithmetic that gives the figure again. */
export function Receipt({ receipt }: { receipt: ReceiptData }) {
  const t = useT();
  const formats = useFormats();
  const { lines, matched } = receipt;
  return (
    <div className={classes.receipt}>
      {lines.length > 0 && (
        <table className={classes.lines} aria-label={t("usage.receipt")}>
          <thead>
            <tr>
              <th scope="col">{t("usage.item")}</th>
              <th scope="col" data-numeric>
                {t("usage.quantity")}
              </th>
              <th scope="col" data-numeric>
                {t("usage.rate")}
              </th>
              <th scope="col" data-numeric>
                {t("usage.cost")}
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ item, quantity, rate, cost }, index) => (
              <tr key={`${item}${index}`}>
                <td>{isItem(item) ? t(`usage.item_${item}`) : item}</td>
                <td data-numeric>
                  <Count value={quantity} exact />
                </td>
                <td data-numeric>
                  <Money value={rate} exact />
                </td>
                <td data-numeric>
                  <Money value={cost} exact />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
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
