import { useMemo } from "react";
import { useWorkspace } from "../app/workspace";
import { useLanguage } from "../i18n/context";
import { type Formats, makeFormats } from "./formats";

/** Figures, dates and times as the language, the currency and the workspace's time zone have them. */
export function useFormats(): Formats {
  const { language } = useLanguage();
  const { currency, timezone } = useWorkspace();
  return useMemo(() => makeFormats(language, currency, timezone), [language, currency, timezone]);
}
