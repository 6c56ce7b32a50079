/** Forms: what the API says about a member stands below its field, everything else above the buttons. */

import { Button } from "@mantine/core";
import { type ReactNode, type SyntheticEvent } from "react";
import type { ApiError } from "../api/problem";
import { useT } from "../i18n/context";
import { useReason } from "./useReason";
import classes from "./ui.module.css";

/**
 * The messages of a refusal by field: `error={errors("/dailyLimit")}`.
 *
 * The API's own words, for they say what is wrong with the value; the reason above them is translated.
 */
export function fieldErrors(
  error: ApiError | null | undefined,
): (pointer: string) => string | undefined {
  const fields = error?.fields ?? {};
  return (pointer) => fields[pointer];
}

/** Why nothing was saved. */
export function FormError({ error }: { error?: ApiError | null | undefined }) {
  const reason = useReason();
  if (!error) return null;
  return (
    <div role="alert" className={classes.formError}>
      {reason(error)}
    </div>
  );
}

/** A form with its buttons. `onSubmit` is called instead of the browser's own sending. */
export function Form({
  onSubmit,
  onCancel,
  submit,
  busy,
  error,
  children,
}: {
  onSubmit: () => void;
  onCancel?: () => void;
  /** The button's text. */
  submit: string;
  busy: boolean;
  error?: ApiError | null | undefined;
  children: ReactNode;
}) {
  const t = useT();
  return (
    <form
      noValidate
      onSubmit={(event: SyntheticEvent) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div className={classes.stack} data-form>
        {children}
        <FormError error={error} />
      </div>
      <div className={classes.formFoot}>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {t("common.cancel")}
          </Button>
        )}
        <Button type="submit" loading={busy}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
