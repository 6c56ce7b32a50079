import type { UseQueryResult } from "@tanstack/react-query";
import type { Answer } from "../../api/client";
import type { components } from "../../api/generated/schema";
import type { ApiError } from "../../api/problem";
import { useFormats } from "../../format/context";
import { useT } from "../../i18n/context";
import { Card } from "../../ui/Card";
import { EmptyState } from "../../ui/EmptyState";
import { Money } from "../../ui/Figure";
import { Loaded } from "../../ui/Loaded";
import { Tag } from "../../ui/Tag";
import { Arithmetic } from "./Arithmetic";
import classes from "./insights.module.css";

type Saving = components["schemas"]["Saving"];

/** Proposals for the same traffic, the largest saving first. */
export function Savings({
  found,
}: {
  found: UseQueryResult<Answer<"/api/analytics/savings">, ApiError>;
}) {
  const t = useT();
  return (
    <Card title={t("insights.savings")} note={t("insights.savingsText")} flush>
      <Loaded query={found} height={320}>
        {({ savings, truncated }) =>
          savings.length === 0 ? (
            <EmptyState title={t("insights.none")} text={t("insights.noneText")} />
          ) : (
            <>
              <ol className={classes.savings} aria-label={t("insights.savings")}>
                {savings.map((saving) => (
                  <Proposal key={keyOf(saving)} saving={saving} />
                ))}
              </ol>
              {truncated && <p className={classes.truncated}>{t("insights.truncated")}</p>}
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

function keyOf({ kind, service, model, proposal }: Saving): string {
  return [kind, service, model ?? "", proposal].join(" ");
}

function Proposal({ saving }: { saving: Saving }) {
  const t = useT();
  const formats = useFormats();
  const { kind, service, model, currentCost, proposedCost } = saving;
  const sentence = useProposal();
  return (
    <li className={classes.saving}>
      <div>
        <p className={classes.of}>
          <Tag tone="info">{t(`insights.kind_${kind}`)}</Tag>
          <span>
            {service} · {model ?? t("common.noModel")}
          </span>
        </p>
        <p className={classes.proposal}>{sentence(saving)}</p>
      </div>
      <p className={classes.amount}>
        <strong>
          <Money value={saving.saving} />
        </strong>
        <span
          title={t("insights.fromTo", {
            now: formats.exactMoney(currentCost),
            then: formats.exactMoney(proposedCost),
          })}
        >
          {t("insights.fromTo", {
            now: formats.money(currentCost),
            then: formats.money(proposedCost),
          })}
        </span>
      </p>
      <details className={classes.why}>
        <summary>{t("insights.arithmetic")}</summary>
        <Arithmetic saving={saving} />
      </details>
    </li>
  );
}

/** What to do, from the figures it rests on. */
function useProposal(): (saving: Saving) => string {
  const t = useT();
  const { count } = useFormats();
  return ({ kind, model, grounds }) => {
    const none = t("common.noModel");
    switch (kind) {
      case "cheaper_model":
        return t("insights.propose_cheaper_model", {
          model: grounds.proposedModel ?? none,
          present: model ?? none,
        });
      case "cached_input":
        return t("insights.propose_cached_input", {
          service: grounds.like?.service ?? "",
          model: grounds.like?.model ?? none,
        });
      case "failed_requests":
        return t("insights.propose_failed_requests", {
          errors: count(grounds.errors ?? 0),
          requests: count(grounds.requests ?? 0),
        });
    }
  };
}
