"""A caller of one function: requests as the gateway passes them on, answers as a client reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.factories import LambdaContext, bearer, http_event

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `body` is the JSON value with exact decimals, None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def replayed(self) -> bool:
        """Whether it says that it repeats an earlier one."""
        return self.headers.get("idempotent-replayed") == "true"

    @property
    def pointers(self) -> list[str]:
        """What a refusal says is wrong."""
        return [error["pointer"] for error in self.body["errors"]]


class Client:
    """Calls a handler with one credential, or as anybody without one."""

    def __init__(self, handler: Handler, credential: str | None = None) -> None:
        self._handler = handler
        self._headers = {} if credential is None else bearer(credential)

    def get(self, path: str, **query: str) -> Answer:
        """GET."""
        return self.send("GET", path, query=query)

    def post(self, path: str, body: object, key: str | None = None, **query: str) -> Answer:
        """POST, under an `Idempotency-Key` if one is given."""
        headers = {} if key is None else {"idempotency-key": key}
        return self.send("POST", path, body, query=query, headers=headers)

    def put(self, path: str, body: object, **query: str) -> Answer:
        """PUT."""
        return self.send("PUT", path, body, query=query)

    def delete(self, path: str, **query: str) -> Answer:
        """DELETE."""
        return self.send("DELETE", path, query=query)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request."""
        sent = {**self._headers, **(headers or {})}
        event = http_event(method, path, query=query, headers=sent, body=body)
        answer = self._handler(event, LambdaContext())
        text = answer["body"]
        value = json.loads(text, parse_float=Decimal) if text else None
        return Answer(answer["statusCode"], answer["headers"], value)
