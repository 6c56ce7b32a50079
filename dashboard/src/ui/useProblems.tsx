import { type ReactNode, useState } from "react";
import type { ApiError } from "../api/problem";
import type { Problems } from "../format/problems";
import { useT } from "../i18n/context";
import { fieldErrors } from "./form";

/**
 * What is wrong with a form's fields: what it finds by itself, from the first try to send it on, then
 * what the API refused. `pass` sends what has no problem.
 */
export function useProblems(
  problems: Problems,
  error: ApiError | null,
): { errors: (pointer: string) => ReactNode; pass: (send: () => void) => void } {
  const t = useT();
  const [tried, setTried] = useState(false);
  const refused = fieldErrors(error);
  return {
    errors: (pointer) => {
      const problem = tried ? problems[pointer] : undefined;
      return problem ? t(problem, { value: "" }) : refused(pointer);
    },
    pass: (send) => {
      setTried(true);
      if (Object.keys(problems).length === 0) send();
    },
  };
}
