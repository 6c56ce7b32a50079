import { MantineProvider } from "@mantine/core";
import { StrictMode, useEffect, useState } from "react";
import { SessionContext } from "../auth/context";
import { Session } from "../auth/session";
import { LanguageProvider } from "../i18n/context";
import { colorScheme } from "../theme/scheme";
import { theme } from "../theme/theme";
import { loadConfig } from "./config";
import { Gate } from "./Gate";
import { StartFailure } from "./StartFailure";

type Start = { session: Session } | { failed: true } | null;

async function start(): Promise<Session> {
  const session = new Session(await loadConfig());
  await session.start();
  return session;
}

/** Everything: look, language, session, and what the session lets somebody see. */
export function App() {
  const [started, setStarted] = useState<Start>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    start().then(
      (session) => current && setStarted({ session }),
      () => current && setStarted({ failed: true }),
    );
    return () => {
      current = false;
    };
  }, [attempt]);

  return (
    <StrictMode>
      <MantineProvider
        theme={theme}
        withCssVariables={false}
        withGlobalClasses={false}
        colorSchemeManager={colorScheme}
        defaultColorScheme="auto"
      >
        <LanguageProvider>
          {started && "session" in started && (
            <SessionContext value={started.session}>
              <Gate />
            </SessionContext>
          )}
          {started && "failed" in started && (
            <StartFailure
              onRetry={() => {
                setStarted(null);
                setAttempt((now) => now + 1);
              }}
            />
          )}
        </LanguageProvider>
      </MantineProvider>
    </StrictMode>
  );
}
