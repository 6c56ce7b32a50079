import { Button } from "@mantine/core";
import { Link } from "react-router";
import type { components } from "../../api/generated/schema";
import { useT } from "../../i18n/context";
import { EmptyState } from "../../ui/EmptyState";
import { Months } from "./Months";

/** Nothing was recorded in this range: how to begin, or where there was something. */
export function NoUsage({ months }: { months: components["schemas"]["MonthsCompared"] }) {
  const t = useT();
  const ever = months.months.some(({ requests }) => requests > 0);
  return (
    <>
      <EmptyState
        title={t("overview.emptyTitle")}
        text={ever ? t("overview.emptyRange") : t("overview.emptyEver")}
        action={
          !ever && (
            <Button component={Link} to="/keys">
              {t("overview.makeKey")}
            </Button>
          )
        }
      />
      {ever && <Months comparison={months} />}
    </>
  );
}
