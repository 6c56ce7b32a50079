/** A refusal of the API, or none at all (no network). Decide by `code`; texts are the catalogues'. */

import type { components } from "./generated/schema";

export type ProblemBody = components["schemas"]["Problem"];
/** `timeout_range`: a shorter range of days may well be answered in time. */
export type ProblemCode =
  ProblemBody["code"] | "offline" | "timeout" | "timeout_range" | "unexpected";

/** Every code of the API that there is a text for: a newer one may know others. */
const CODES: Record<ProblemBody["code"], true> = {
  unauthorized: true,
  insufficient_credits: true,
  forbidden: true,
  not_found: true,
  method_not_allowed: true,
  idempotency_conflict: true,
  already_exists: true,
  workspace_in_use: true,
  payload_too_large: true,
  unsupported_media_type: true,
  validation_failed: true,
  customer_not_registered: true,
  event_too_old: true,
  event_in_future: true,
  limit_exceeded: true,
  rate_limited: true,
  conflict_retry: true,
  unavailable: true,
};

/** What an answer without a code of ours means: of a gateway in between, or of a newer API. */
const BY_STATUS: Partial<Record<number, ProblemCode>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  413: "payload_too_large",
  429: "rate_limited",
  502: "unavailable",
  503: "unavailable",
};

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

/** The answer of this address took too long. */
export function timeoutOf(address: string): ProblemCode {
  return address.includes("startDate=") ? "timeout_range" : "timeout";
}

/** What an answer of this address refused. */
export function problemOf(
  address: string,
  status: number,
  text: string,
  retryAfter: string | null,
): ApiError {
  let body: Partial<ProblemBody> = {};
  try {
    body = JSON.parse(text) as Partial<ProblemBody>;
  } catch {
    // A gateway in between answers without a problem.
  }
  const seconds = retryAfter === null ? null : Number(retryAfter);
  const known = body.code !== undefined && body.code in CODES ? body.code : undefined;
  const code = known ?? (status === 504 ? timeoutOf(address) : BY_STATUS[status]);
  return new ApiError(code ?? "unexpected", status, body, seconds);
}
