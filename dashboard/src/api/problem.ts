/** A refusal of the API, or none at all (no network). Decide by `code`; texts are the catalogues'. */

import type { components } from "./generated/schema";

export type ProblemBody = components["schemas"]["Problem"];
export type ProblemCode = ProblemBody["code"] | "offline" | "timeout" | "unexpected";

export class ApiError extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly status: number,
    readonly problem: Partial<ProblemBody> = {},
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(problem.detail ?? code);
    this.name = "ApiError";
  }

  /** Whether the same request may well work a little later. */
  get transient(): boolean {
    return this.status === 0 || this.status >= 500 || this.code === "rate_limited";
  }

  /** The messages that point at a member of the body: `/tokens/input` → message. */
  get fields(): Record<string, string> {
    return Object.fromEntries((this.problem.errors ?? []).map((e) => [e.pointer, e.message]));
  }
}

export function problemOf(status: number, text: string, retryAfter: string | null): ApiError {
  let body: Partial<ProblemBody> = {};
  try {
    body = JSON.parse(text) as Partial<ProblemBody>;
  } catch {
    // A gateway in between answers without a problem.
  }
  const seconds = retryAfter === null ? null : Number(retryAfter);
  return new ApiError(body.code ?? "unexpected", status, body, seconds);
}
