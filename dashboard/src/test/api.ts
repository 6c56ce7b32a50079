/** An API for tests: answers by path, and remembers what was asked. */

import { vi } from "vitest";

export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Headers;
  body: unknown;
}

/** What a path answers: a body, a whole response, or a function of the request. */
export type Answers = Record<string, unknown>;

/** A refusal, as the API words it. */
export function refusal(status: number, code: string, more: object = {}): Response {
  const body = {
    type: `urn:tally:problem:${code}`,
    title: code,
    status,
    detail: code,
    code,
    ...more,
  };
  return Response.json(body, {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

/**
 * Stand in for the network: `const asked = serve({ "/api/alerts": { alerts: [] } })`, or by method,
 * `"POST /api/thresholds"`. What is not named is 404.
 */
export function serve(answers: Answers): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (input: string | URL, init: RequestInit = {}) => {
    const url = new URL(String(input), "http://localhost");
    const method = init.method ?? "GET";
    const request: Asked = {
      method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: new Headers(init.headers),
      body: typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : undefined,
    };
    asked.push(request);
    const found = answers[`${method} ${url.pathname}`] ?? answers[url.pathname];
    const answer: unknown =
      typeof found === "function" ? await (found as (asked: Asked) => unknown)(request) : found;
    if (answer === undefined) return refusal(404, "not_found");
    return answer instanceof Response ? answer.clone() : Response.json(answer);
  });
  return asked;
}
