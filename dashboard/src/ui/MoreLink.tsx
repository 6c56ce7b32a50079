import { IconArrowRight } from "@tabler/icons-react";
import { Link } from "react-router";
import { useT } from "../i18n/context";
import classes from "./ui.module.css";

/** "All …", to the screen that shows everything of it. */
export function MoreLink({ to, of }: { to: string; of: string }) {
  const t = useT();
  return (
    <Link to={to} className={classes.more} aria-label={t("common.allOf", { of })}>
      {t("common.all")}
      <IconArrowRight size={15} aria-hidden="true" />
    </Link>
  );
}
