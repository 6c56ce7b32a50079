import { Skeleton } from "@mantine/core";
import { useT } from "../../i18n/context";
import { Columns } from "../../ui/Card";

/** Of the heights that the figures will have. */
export function OverviewSkeleton() {
  const t = useT();
  return (
    <>
      <span className="visually-hidden" role="status">
        {t("common.loading")}
      </span>
      <Skeleton height={118} radius="md" />
      <Skeleton height={376} radius="md" />
      <Columns>
        <Skeleton height={336} radius="md" />
        <Skeleton height={336} radius="md" />
      </Columns>
    </>
  );
}
