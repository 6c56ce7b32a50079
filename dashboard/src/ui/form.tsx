/** Forms: what the API says about a member stands below its field, everything else above the buttons. */

import { Button } from "@mantine/core";
import { type ReactNode, type SyntheticEvent } from "react";
import type { ApiError } from "../api/problem";
import { useT } from "../i18n/context";
import { FieldReason } from "./FieldReason";
import { useReason } from "./useReason";
import classes from "./ui.module.css";

/** What a refusal says by field: `error={errors("/dailyLimit")}`, in the reader's language. */
export function fieldErrors(error: ApiError | null | undefined): (pointer: string) => ReactNode {
  const fields = error?.fields ?? {};
  return (pointer) => {
    const message = fields[pointer];
    return message === undefined ? undefined : <FieldReason message={message} />;
  };
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
  cancel,
  submit,
  busy,
  error,
  children,
}: {
  onSubmit: () => void;
  onCancel?: () => void;
  /** The other button's text, where it is not "Cancel". */
  cancel?: string | undefined;
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
            {cancel ?? t("common.cancel")}
          </Button>
        )}
        <Button type="submit" loading={busy}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
