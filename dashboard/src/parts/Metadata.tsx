import { useT } from "../i18n/context";
import classes from "./parts.module.css";

/** Free metadata as it was sent. */
export function Metadata({ value }: { value: object | undefined }) {
  const t = useT();
  if (!value || Object.keys(value).length === 0) return null;
  return (
    <section>
      <h3 className={classes.heading}>{t("usage.metadata")}</h3>
      <pre className={classes.metadata}>{JSON.stringify(value, null, 2)}</pre>
    </section>
  );
}
