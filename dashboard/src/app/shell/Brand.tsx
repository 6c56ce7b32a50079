import classes from "./Shell.module.css";

/** Four strokes and one across: a tally. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className={classes.mark}>
      <path d="M8 7v18M13.5 7v18M19 7v18M24.5 7v18" />
      <path d="M3.5 22.5 29 9.5" className={classes.markAcross} />
    </svg>
  );
}

export function Brand() {
  return (
    <span className={classes.brand}>
      <Mark />
      <span className={classes.brandName}>{"Tally"}</span>
    </span>
  );
}
