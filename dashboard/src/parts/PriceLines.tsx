import type { ReactNode } from "react";
import type { components } from "../api/generated/schema";
import { useT } from "../i18n/context";
import { Count, Money } from "../ui/Figure";
import classes from "./parts.module.css";

type Line = components["schemas"]["ReceiptLine"];

const ITEMS = ["request", "input", "output", "cachedInput", "cacheWrite", "reasoning"] as const;
type Item = (typeof ITEMS)[number];

function isItem(name: string): name is Item {
  return (ITEMS as readonly string[]).includes(name);
}

/** What was charged at which rate, line by line, every digit of it. */
export function PriceLines({
  label,
  lines,
  children,
}: {
  label: string;
  lines: readonly Line[];
  /** Rows below the lines: sums. */
  children?: ReactNode;
}) {
  const t = useT();
  return (
    <table className={classes.lines} aria-label={label}>
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
        {children}
      </tbody>
    </table>
  );
}
