import type { ReactNode } from "react";
import classes from "./ui.module.css";

export type Tone = "good" | "bad" | "warn" | "info" | "plain";

/** A state in a word: `<Tag tone="good">{t("…")}</Tag>`. The word tells, the colour helps. */
export function Tag({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={classes.tag} data-tone={tone}>
      {children}
    </span>
  );
}
