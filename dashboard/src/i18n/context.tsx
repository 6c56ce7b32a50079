import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import {
  type Key,
  type Language,
  loadLanguage,
  pieces,
  preferredLanguage,
  rememberLanguage,
  type Translate,
} from "./messages";

interface Languages {
  language: Language;
  t: Translate;
  setLanguage: (language: Language) => void;
}

const LanguageContext = createContext<Languages | null>(null);

/** Loads the language, then shows what is inside in it; switching keeps the old one until then. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [loaded, setLoaded] = useState<{ language: Language; t: Translate } | null>(null);
  const [wanted, setWanted] = useState(preferredLanguage);
  useEffect(() => {
    let current = true;
    loadLanguage(wanted).then(
      (t) => {
        if (!current) return;
        document.documentElement.lang = wanted;
        setLoaded({ language: wanted, t });
      },
      // Without its chunk (no network) the language that is shown stays.
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [wanted]);
  const value = useMemo(
    () =>
      loaded && {
        ...loaded,
        setLanguage: (language: Language) => {
          rememberLanguage(language);
          setWanted(language);
        },
      },
    [loaded],
  );
  return value && <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useLanguage(): Languages {
  const languages = use(LanguageContext);
  if (!languages) throw new Error("outside of LanguageProvider");
  return languages;
}

/** `const t = useT(); t("overview.title")`. */
export function useT(): Translate {
  return useLanguage().t;
}

/** A text with elements in its places: `<Rich k="x.y" values={{ link: <a …/> }} />`. */
export function Rich({ k, values }: { k: Key; values: Record<string, ReactNode> }) {
  const t = useT();
  return pieces(t(k)).map((piece, index) => (
    <span key={index}>{index % 2 ? values[piece] : piece}</span>
  ));
}

/** One language that is there already. */
export function FixedLanguage({
  language,
  t,
  children,
}: {
  language: Language;
  t: Translate;
  children: ReactNode;
}) {
  const value = { language, t, setLanguage: () => undefined };
  return <LanguageContext value={value}>{children}</LanguageContext>;
}
