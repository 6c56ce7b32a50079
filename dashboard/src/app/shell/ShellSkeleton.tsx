import { Skeleton } from "@mantine/core";
import { useT } from "../../i18n/context";
import { Brand } from "./Brand";
import classes from "./Shell.module.css";

/** The outline of a screen. */
export function PageSkeleton() {
  const t = useT();
  return (
    <div aria-busy="true">
      <span className="visually-hidden" role="status">
        {t("common.loading")}
      </span>
      <Skeleton height={32} width={200} mb={32} />
      <Skeleton height={120} mb={24} radius="md" />
      <Skeleton height={320} radius="md" />
    </div>
  );
}

/** The shell's own outline, so that nothing moves when it comes. */
export function ShellSkeleton() {
  return (
    <div className={classes.shell}>
      <div className={classes.rail}>
        <Brand />
      </div>
      <main className={classes.main}>
        <div className={classes.page}>
          <PageSkeleton />
        </div>
      </main>
    </div>
  );
}
