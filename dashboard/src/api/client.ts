/**
 * The way to the API: typed by its document, with the id token, the operator's workspace,
 * `If-None-Match` for what is known, an `Idempotency-Key` on every POST, refusals as `ApiError`.
 */

import type { Session } from "../auth/session";
import type { paths } from "./generated/schema";
import { parseAnswer, writeBody } from "./json";
import { ApiError, problemOf, timeoutOf } from "./problem";

type Method = "get" | "post" | "put" | "delete";
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
export type PathsOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends object ? P : never;
}[keyof paths];

type Content<R> = R extends { content: { "application/json": infer A } } ? A : never;
/** What an operation answers when it went well. */
export type Answer<P extends keyof paths, M extends Method = "get"> =
  Operation<P, M> extends { responses: infer R }
    ? | Content<R extends { 200: infer A } ? A : never>
      | Content<R extends { 201: infer B } ? B : never>
      | Content<R extends { 202: infer C } ? C : never>
    : never;
export type QueryOf<P extends keyof paths, M extends Method = "get"> =
  Operation<P, M> extends { parameters: { query?: infer Q } }
    ? Omit<NonNullable<Q>, "workspaceId">
    : never;
export type PathOf<P extends keyof paths, M extends Method = "get"> =
  Operation<P, M> extends { parameters: { path: infer V } } ? V : undefined;
export type BodyOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: { content: { "application/json": infer B } } }
    ? B
    : undefined;

export interface Request {
  path?: Record<string, string> | undefined;
  query?: object | undefined;
  body?: unknown;
  /** Names what is being done, so that a repeat does not do it again. Made up unless given. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Longer than anything but an export takes; then the page says that the API is slow. */
const TIMEOUT_MS = 30_000;
/** Answers kept to be told again: more than any screen shows at once. */
const KEPT = 60;

interface Kept {
  etag: string;
  answer: unknown;
}

export class Api {
  readonly #kept = new Map<string, Kept>();

  constructor(
    private readonly session: Session,
    /** The workspace an operator looks at; everyone else's follows from their token. */
    private readonly workspaceId: string | null,
  ) {}

  get<P extends PathsOf<"get">>(path: P, request: Request = {}): Promise<Answer<P>> {
    return this.#send("GET", path, request) as Promise<Answer<P>>;
  }

  post<P extends PathsOf<"post">>(path: P, request: Request = {}): Promise<Answer<P, "post">> {
    return this.#send("POST", path, request) as Promise<Answer<P, "post">>;
  }

  put<P extends PathsOf<"put">>(path: P, request: Request = {}): Promise<Answer<P, "put">> {
    return this.#send("PUT", path, request) as Promise<Answer<P, "put">>;
  }

  delete<P extends PathsOf<"delete">>(
    path: P,
    request: Request = {},
  ): Promise<Answer<P, "delete">> {
    return this.#send("DELETE", path, request) as Promise<Answer<P, "delete">>;
  }

  /** The address of a request, with everything that decides its answer. */
  address(path: string, request: Pick<Request, "path" | "query">): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = request.path?.[name];
      if (value === undefined) throw new Error(`${path} needs ${name}`);
      return encodeURIComponent(value);
    });
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
    }
    if (this.workspaceId !== null && !filled.startsWith("/api/admin/workspaces/")) {
      query.set("workspaceId", this.workspaceId);
    }
    const text = query.toString();
    return text ? `${filled}?${text}` : filled;
  }

  async #send(method: string, path: string, request: Request): Promise<unknown> {
    const address = this.address(path, request);
    const headers = new Headers({ Accept: "application/json" });
    const kept = method === "GET" ? this.#kept.get(address) : undefined;
    if (kept) headers.set("If-None-Match", kept.etag);
    if (method === "POST") {
      headers.set("Idempotency-Key", request.idempotencyKey ?? crypto.randomUUID());
    }
    const init: RequestInit = { method, headers, credentials: "omit" };
    if (request.body !== undefined) {
      headers.set("Content-Type", "application/json");
      init.body = writeBody(request.body);
    }
    const response = await this.#authorized(address, init, request.signal);
    if (response.status === 304 && kept) return kept.answer;
    const text = await response.text();
    if (!response.ok) {
      throw problemOf(address, response.status, text, response.headers.get("Retry-After"));
    }
    if (!text) return undefined;
    const answer = parseAnswer(text);
    const etag = response.headers.get("ETag");
    if (method === "GET" && etag) this.#keep(address, { etag, answer });
    return answer;
  }

  async #authorized(address: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    const token = await this.#token();
    const response = await this.#fetch(address, init, token, signal);
    if (response.status !== 401) return response;
    const renewed = await this.session.refused(token);
    return renewed ? this.#fetch(address, init, renewed, signal) : response;
  }

  async #token(): Promise<string> {
    let token: string | null;
    try {
      token = await this.session.token();
    } catch {
      throw new ApiError("offline", 0);
    }
    if (token === null) throw new ApiError("unauthorized", 401);
    return token;
  }

  async #fetch(address: string, init: RequestInit, token: string, signal?: AbortSignal) {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${token}`);
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const either = signal ? AbortSignal.any([signal, limit]) : limit;
    try {
      return await fetch(address, { ...init, headers, signal: either });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(limit.aborted ? timeoutOf(address) : "offline", 0);
    }
  }

  #keep(address: string, kept: Kept): void {
    this.#kept.delete(address);
    this.#kept.set(address, kept);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}
