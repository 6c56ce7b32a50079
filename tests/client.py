"""A caller of one function: requests as the gateway passes them on, answers as a client reads them."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.documented import check
from tests.factories import LambdaContext, bearer, http_event

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `body` is the JSON value with exact decimals or a text, None where there is none."""

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


class BareClient:
    """Calls any handler with one credential, or as anybody without one."""

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
        raw = self._handler(event, LambdaContext())
        return Answer(raw["statusCode"], raw["headers"], _value_of(raw))


class Client(BareClient):
    """A caller of the product's handlers: fails when the OpenAPI document does not tell of an answer."""

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
        answer = super().send(method, path, body, query=query, headers=headers)
        check(method, path, answer)
        return answer


def _value_of(raw: Mapping[str, Any]) -> Any:
    body = b64decode(raw["body"]) if raw.get("isBase64Encoded") else raw["body"].encode()
    if raw["headers"].get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return value_of(body.decode(), raw["headers"]["content-type"])


def value_of(text: str, media_type: str) -> Any:
    """What an answer says: the JSON value with exact decimals, or a text; None when it says nothing."""
    if not text or not media_type.partition(";")[0].endswith("json"):
        return text or None
    return json.loads(text, parse_float=Decimal)
