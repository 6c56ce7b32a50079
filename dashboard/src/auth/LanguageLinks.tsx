import { UnstyledButton } from "@mantine/core";
import { useLanguage } from "../i18n/context";
import { type Language, LANGUAGES } from "../i18n/messages";
import classes from "./SignIn.module.css";

/** The languages, each by its own name. */
export function LanguageLinks() {
  const { language, setLanguage } = useLanguage();
  return (
    <div className={classes.languages}>
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <UnstyledButton
          key={code}
          lang={code}
          aria-current={code === language || undefined}
          onClick={() => setLanguage(code as Language)}
        >
          {name}
        </UnstyledButton>
      ))}
    </div>
  );
}
