"""The public API, as the seeder calls it: exact JSON, and patience with an answer that says "later"."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import httpx

from shared.http import json

TIMEOUT_SECONDS: Final = 60.0
ATTEMPTS: Final = 8
"""With the waits between them about half a minute: longer than a start of everything takes."""

FIRST_WAIT_SECONDS: Final = 0.25
LONGEST_WAIT_SECONDS: Final = 8.0
LATER: Final = frozenset({429, 500, 502, 503, 504})
"""Safe to repeat, for whatever the seeder posts carries an id or an `Idempotency-Key`."""


@cache
def _client(transport: httpx.BaseTransport | None) -> httpx.Client:
    """One client, and so one pool of connections, for everybody."""
    return httpx.Client(
        timeout=TIMEOUT_SECONDS,
        transport=transport,
        # A proxy in the environment is none of a loopback address's business.
        trust_env=False,
    )


class SeedError(RuntimeError):
    """Seeding can't go on; the message says what happened and what to do."""


class RefusedError(SeedError):
    """The API refused a request for good. `status` and `code` are those of its answer."""

    def __init__(self, request: str, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        details = problem.get("errors") or problem.get("detail") or problem
        super().__init__(f"{request} was answered {status} {self.code}: {details}")


class Api:
    """One credential's way to the API. Safe between threads.

    `transport` and `sleep` are there for tests.
    """

    def __init__(
        self,
        base_url: str,
        credential: str,
        *,
        workspace_id: str | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`workspace_id` is for an operator: it names the workspace of every request."""
        self._base_url = base_url
        self._named = {} if workspace_id is None else {"workspaceId": workspace_id}
        self._sleep = sleep
        self._client = _client(transport)
        self._authorization = f"Bearer {credential}"

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """The answer's object; decimals are `Decimal`."""
        return self.call("GET", path, query=query)

    def put(self, path: str, body: object) -> dict[str, Any]:
        """Put a thing."""
        return self.call("PUT", path, body)

    def post(self, path: str, body: object, key: str | None = None) -> dict[str, Any]:
        """Post a thing, under an `Idempotency-Key` unless it carries ids of its own."""
        return self.call("POST", path, body, key=key)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        """Send a request until it is answered.

        Raises:
            RefusedError: the answer is an error that waiting does not change.
            SeedError: it was not answered after all attempts.
        """
        content = None if body is None else json.dump(body)
        headers = {"authorization": self._authorization}
        if content is not None:
            headers["content-type"] = "application/json"
        if key is not None:
            headers["idempotency-key"] = key
        params = self._named | dict(query or {})
        reason, wait = "", 0.0
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(wait)
            wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt)
            try:
                answer = self._client.request(
                    method, self._base_url + path, params=params, content=content, headers=headers
                )
            except httpx.TransportError as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            if answer.status_code not in LATER:
                return _object(f"{method} {path}", answer)
            reason = f"{answer.status_code} {answer.text[:300]}"
            wait = max(wait, _retry_after(answer))
        raise SeedError(f"{method} {path} failed {ATTEMPTS} times, at last with {reason}")


def _object(request: str, answer: httpx.Response) -> dict[str, Any]:
    value = json.parse(answer.content) if answer.content else {}
    assert isinstance(value, dict)
    if answer.is_error:
        raise RefusedError(request, answer.status_code, value)
    return value


def _retry_after(answer: httpx.Response) -> float:
    seconds = answer.headers.get("retry-after", "")
    return min(LONGEST_WAIT_SECONDS, float(seconds)) if seconds.isdecimal() else 0.0
