import { useT } from "../i18n/context";
import classes from "./parts.module.css";

/** Marks that are not seen, and turn what follows them around. */
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** As JSON, with such marks by their number. */
function written(value: object): string {
  const number = (mark: string) => `\\u${mark.charCodeAt(0).toString(16)}`;
  return JSON.stringify(value, null, 2).replace(TURNING, number);
}

/** Free metadata as it was sent. */
export function Metadata({ value }: { value: object | undefined }) {
  const t = useT();
  if (!value || Object.keys(value).length === 0) return null;
  return (
    <section>
      <h3 className={classes.heading}>{t("usage.metadata")}</h3>
      <pre className={classes.metadata}>{written(value)}</pre>
    </section>
  );
}
