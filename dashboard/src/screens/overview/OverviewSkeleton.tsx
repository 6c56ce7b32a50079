import { Skeleton } from "@mantine/core";
import { useT } from "../../i18n/context";
import { Card, Columns } from "../../ui/Card";
import { DeltaSoon, Stat, Stats } from "../../ui/Stat";
import classes from "./overview.module.css";

const FIGURES = ["cost", "requests", "tokens", "errors", "users"] as const;

/** What will be there, without its figures: nothing moves when they come. */
export function OverviewSkeleton() {
  const t = useT();
  return (
    <>
      <span className="visually-hidden" role="status">
        {t("common.loading")}
      </span>
      <Stats>
        {FIGURES.map((figure) => (
          <Stat
            key={figure}
            label={t(`overview.${figure}`)}
            value={<Skeleton className={classes.figure} />}
            delta={<DeltaSoon />}
            detail={"\u00a0"}
          />
        ))}
      </Stats>
      <Card title={t("overview.daily")}>
        <Skeleton height={318} />
      </Card>
      <Columns>
        <Card title={t("overview.hours")} note={"\u00a0"}>
          <Skeleton height={230} />
        </Card>
        <Card title={t("overview.months")} note={"\u00a0"}>
          <Skeleton height={230} />
        </Card>
      </Columns>
    </>
  );
}
