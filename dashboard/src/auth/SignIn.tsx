import { Button, PasswordInput, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { Mark } from "../app/shell/Brand";
import { useT } from "../i18n/context";
import { useTitle } from "../ui/useTitle";
import { LanguageLinks } from "./LanguageLinks";
import { AuthError, type AuthReason, type Challenge } from "./cognito";
import type { Session } from "./session";
import classes from "./SignIn.module.css";

/** Name and password, then whatever else Cognito asks: a new password, or a code. */
export function SignIn({
  session,
  challenge,
  expired,
}: {
  session: Session;
  challenge: Challenge | null;
  expired: boolean;
}) {
  const t = useT();
  useTitle(t("auth.title"));
  return (
    <main className={classes.page}>
      <div className={classes.side}>
        <div className={classes.brand}>
          <Mark size={44} />
          <span>{"Tally"}</span>
        </div>
        <h1 className={classes.title}>{t("auth.title")}</h1>
        {expired && (
          <p role="status" className={classes.note}>
            {t("auth.expired")}
          </p>
        )}
        {challenge ? (
          <ChallengeForm key={challenge.name} session={session} challenge={challenge} />
        ) : (
          <PasswordForm session={session} />
        )}
        <LanguageLinks />
      </div>
      <div className={classes.art} aria-hidden="true" />
    </main>
  );
}

/** Sending a form, and what became of it. */
function useSending(send: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [reason, setReason] = useState<AuthReason | null>(null);
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    setReason(null);
    send()
      .catch((error: unknown) =>
        setReason(error instanceof AuthError ? error.reason : "unreachable"),
      )
      .finally(() => setBusy(false));
  };
  return { busy, reason, onSubmit };
}

function PasswordForm({ session }: { session: Session }) {
  const t = useT();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, reason, onSubmit } = useSending(() => session.signIn(name.trim(), password));
  return (
    <form onSubmit={onSubmit} className={classes.form}>
      <TextInput
        label={t("auth.name")}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        size="md"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={t("auth.password")}
        autoComplete="current-password"
        required
        withAsterisk={false}
        size="md"
        value={password}
        visibilityToggleButtonProps={{ "aria-label": t("auth.showPassword"), tabIndex: 0 }}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Reason reason={reason} />
      <Button type="submit" size="md" loading={busy}>
        {t("auth.signIn")}
      </Button>
    </form>
  );
}

function ChallengeForm({ session, challenge }: { session: Session; challenge: Challenge }) {
  const t = useT();
  const [typed, setTyped] = useState("");
  const { busy, reason, onSubmit } = useSending(() => session.respond(typed));
  const isCode = challenge.name === "SOFTWARE_TOKEN_MFA";
  const common = {
    required: true,
    withAsterisk: false,
    size: "md",
    value: typed,
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => setTyped(event.currentTarget.value),
  } as const;
  return (
    <form onSubmit={onSubmit} className={classes.form}>
      {isCode ? (
        <TextInput
          {...common}
          label={t("auth.code")}
          autoComplete="one-time-code"
          inputMode="numeric"
        />
      ) : (
        <PasswordInput
          {...common}
          label={t("auth.newPassword")}
          description={t("auth.passwordRule")}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": t("auth.showPassword"), tabIndex: 0 }}
        />
      )}
      <Reason reason={reason} />
      <Button type="submit" size="md" loading={busy}>
        {t("auth.continue")}
      </Button>
    </form>
  );
}

function Reason({ reason }: { reason: AuthReason | null }) {
  const t = useT();
  return (
    reason && (
      <p role="alert" className={classes.reason}>
        {t(`auth.reason_${reason}`)}
      </p>
    )
  );
}
