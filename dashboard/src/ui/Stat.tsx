import { IconArrowDownRight, IconArrowRight, IconArrowUpRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { compare, type Figure, growth } from "../format/decimal";
import { useFormats } from "../format/context";
import { useT } from "../i18n/context";
import classes from "./Stat.module.css";

/** Whether more is good news, bad news, or neither. */
export type Good = "up" | "down" | "neither";

/** A change against before: `+12.4 %`, with an arrow, so that colour is not all that tells. */
export function Delta({
  now,
  before,
  good = "neither",
  against,
}: {
  now: Figure;
  before: Figure;
  good?: Good;
  /** What "before" is, for who hovers or listens. */
  against?: string;
}) {
  const t = useT();
  const formats = useFormats();
  const share = growth(now, before);
  if (share === null) {
    const isNew = compare(now, 0) > 0;
    return <span className={classes.delta}>{isNew ? t("common.new") : t("common.noChange")}</span>;
  }
  const direction = compare(share, 0);
  const Icon =
    [IconArrowDownRight, IconArrowRight, IconArrowUpRight][direction + 1] ?? IconArrowRight;
  const tone =
    direction === 0 || good === "neither"
      ? "flat"
      : direction > 0 === (good === "up")
        ? "good"
        : "bad";
  return (
    <span className={classes.delta} data-tone={tone} title={against}>
      <Icon size={15} stroke={2} aria-hidden="true" />
      {formats.change(share)}
      {against && <span className="visually-hidden">{against}</span>}
    </span>
  );
}

/** Keeps a change's place until what it is measured against is there. */
export function DeltaSoon() {
  return <span className={classes.delta}>{"\u00a0"}</span>;
}

/** The number first, its change against before, where it leads. Put several into `Stats`. */
export function Stat({
  label,
  value,
  delta,
  detail,
  to,
}: {
  label: string;
  value: ReactNode;
  delta?: ReactNode;
  detail?: ReactNode;
  to?: string;
}) {
  return (
    <div className={classes.stat}>
      <dt className={classes.statLabel}>
        {to ? (
          <Link to={to} className={classes.quietLink}>
            {label}
          </Link>
        ) : (
          label
        )}
      </dt>
      <dd className={classes.statValue}>{value}</dd>
      {(delta ?? detail) && (
        <dd className={classes.statDetail}>
          {delta}
          {detail && <span>{detail}</span>}
        </dd>
      )}
    </div>
  );
}

/** Stats in a row, ruled like a ledger. */
export function Stats({ children }: { children: ReactNode }) {
  return <dl className={classes.stats}>{children}</dl>;
}
