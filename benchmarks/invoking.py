"""The functions' own handlers, called in this process with the gateway's events."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.deployed import Call, Handler


@dataclass(frozen=True, slots=True)
class Context:
    """What a function is told of its invocation."""

    aws_request_id: str = "benchmark"


class Caller:
    """Makes calls ready, so that only calling them is measured."""

    def __init__(self, handler: Handler, key: str) -> None:
        self._handler = handler
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    def post(
        self, path: str, body: Mapping[str, object], expected: str, key: str | None = None
    ) -> Call:
        """A POST whose answer has to contain a text."""
        headers = self._headers if key is None else self._headers | {"idempotency-key": key}
        event = _event("POST", path, headers) | {"body": json.dumps(body)}
        return partial(self._ask, event, expected)

    def get(self, path: str, query: Mapping[str, str], expected: str) -> Call:
        """A GET whose answer has to contain a text."""
        return partial(self._ask, _event("GET", path, self._headers, query), expected)

    def _ask(self, event: dict[str, Any], expected: str) -> None:
        answer = self._handler(event, Context())
        if expected not in answer["body"]:
            raise RuntimeError(f"{answer['statusCode']} {answer['body'][:500]}")


def _event(
    method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str] | None = None
) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
        "headers": headers,
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"},
            "timeEpoch": time.time_ns() // 1_000_000,
        },
        "isBase64Encoded": False,
    }


def a_log(user: str = "user-1") -> dict[str, object]:
    """One more log of a user, with all that an ordinary call has."""
    return {
        "id": f"bench-{secrets.token_hex(12)}",
        "userId": user,
        "service": "chat",
        "model": "gpt-4o",
        "tokens": {"input": 100, "output": 20},
        "responseTimeMs": 200,
    }
