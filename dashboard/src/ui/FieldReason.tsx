import { fieldReasonOf } from "../api/fieldReasons";
import { useLanguage } from "../i18n/context";

/** Why the API did not take a field's value, in the reader's language. */
export function FieldReason({ message }: { message: string }) {
  const { language, t } = useLanguage();
  const reason = fieldReasonOf(message);
  if (reason) return t(reason.key, { value: reason.value });
  // Unforeseen: the API's own words where they are the reader's language.
  return language === "en"
    ? message.charAt(0).toUpperCase() + message.slice(1)
    : t("error.field_unknown");
}
