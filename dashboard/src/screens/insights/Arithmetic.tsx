import type { components } from "../../api/generated/schema";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { PriceLines } from "../../parts/PriceLines";
import { Money } from "../../ui/Figure";
import classes from "./insights.module.css";

type Saving = components["schemas"]["Saving"];

/** The figures a saving is made of, every digit: whoever reads them can work it out again. */
export function Arithmetic({ saving }: { saving: Saving }) {
  const t = useT();
  const { count, exactMoney, percent } = useFormats();
  const { grounds, kind, currentCost, proposedCost } = saving;
  const { like, currentBill, proposedBill, matched } = grounds;
  return (
    <div className={classes.arithmetic}>
      {like && (
        <p>
          {t("insights.like", {
            service: like.service,
            cached: count(like.cachedInput),
            input: count(like.input),
            share: percent(like.share, 2),
            written: count(like.cacheWrite),
            requests: count(like.requests),
          })}
        </p>
      )}
      {kind === "failed_requests" && (
        <p>
          {t("insights.failedCost", {
            errors: count(grounds.errors ?? 0),
            cost: exactMoney(currentCost),
          })}
        </p>
      )}
      {currentBill && <Billed title={t("insights.asNow")} bill={currentBill} />}
      {proposedBill && (
        <>
          <Billed
            title={
              like
                ? t("insights.sameShares")
                : t("insights.sameTokens", { model: grounds.proposedModel ?? "" })
            }
            bill={proposedBill}
          />
          <p className={classes.source}>
            {matched && grounds.priceBook
              ? t("insights.pricesOf", { book: grounds.priceBook, ...matched })
              : t("insights.ownPrices")}
          </p>
        </>
      )}
      <p className={classes.difference}>
        <span>{t("insights.difference")}</span>
        <span>
          {exactMoney(currentCost)} − {exactMoney(proposedCost)} = {exactMoney(saving.saving)}
        </span>
      </p>
    </div>
  );
}

function Billed({ title, bill }: { title: string; bill: components["schemas"]["Bill"] }) {
  const t = useT();
  const { count } = useFormats();
  return (
    <section>
      <h3 className={classes.billed}>{title}</h3>
      <PriceLines label={title} lines={bill.lines}>
        <tr data-sum>
          <th scope="row" colSpan={3}>
            {bill.exchangeRate
              ? t("insights.exchanged", { rate: count(bill.exchangeRate) })
              : t("insights.total")}
          </th>
          <td data-numeric>
            <Money value={bill.cost} exact />
          </td>
        </tr>
      </PriceLines>
    </section>
  );
}
