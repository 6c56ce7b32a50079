"""Requests and responses as the endpoints see them, free of the gateway's event format."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.errors import (
    PayloadTooLargeError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
from shared.http import json

MAX_BODY_BYTES: Final = 4 * 1024 * 1024

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling, by their credential alone.

    `subject` is a user id (for people) or an API key's id (for `service`). `workspace_id` is the workspace
    that the request is about: the credential's own, or the one an operator named.
    """

    workspace_id: str
    role: str
    subject: str
    scopes: frozenset[str] = frozenset()
    rate_per_minute: int | None = None

    @property
    def actor(self) -> str:
        """The caller as it stands in audit entries: `user:<userId>` or `key:<id>`."""
        return f"key:{self.subject}" if self.role == "service" else f"user:{self.subject}"


class RefusedCallerError(UnauthorizedError):
    """A key that does not hold, though it is known which: its secret is another, or it is dead.

    `identity` is for the audit trail; it may do nothing.
    """

    def __init__(self, detail: str, identity: Identity) -> None:
        super().__init__(detail)
        self.identity = identity


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `path` holds the route's path parameters, `query` the query's (decoded)."""

    route_key: str
    raw_path: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    event: Event
    request_id: str
    source_ip: str

    @classmethod
    def of(cls, event: Event, request_id: str) -> Request:
        """The request of an HTTP API event (payload format 2.0)."""
        context = event.get("requestContext", {})
        return cls(
            route_key=event.get("routeKey", ""),
            # It goes into problem objects, so it has to be text, whatever was sent.
            raw_path=event.get("rawPath", "").encode(errors="replace").decode(),
            path=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            event=event,
            request_id=request_id,
            source_ip=context.get("http", {}).get("sourceIp", ""),
        )

    @property
    def received_ms(self) -> int:
        """When it reached the gateway, in ms since 1970."""
        return int(self.event.get("requestContext", {}).get("timeEpoch", 0))

    def body_bytes(self) -> bytes:
        """The body, decoded once.

        Raises:
            PayloadTooLargeError: it is over 4 MB.
            ValidationFailedError: it is not what the transport says it is.
        """
        text = self.event.get("body") or ""
        if len(text) > MAX_BODY_BYTES * 4 // 3 + 4:
            raise PayloadTooLargeError(f"A body has at most {MAX_BODY_BYTES} bytes.")
        try:
            body = base64.b64decode(text) if self.event.get("isBase64Encoded") else text.encode()
        except ValueError as error:
            raise ValidationFailedError.of("", "can't be decoded") from error
        if len(body) > MAX_BODY_BYTES:
            raise PayloadTooLargeError(f"A body has at most {MAX_BODY_BYTES} bytes.")
        return body

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            UnsupportedMediaTypeError: it is sent as something else.
            PayloadTooLargeError, ValidationFailedError: it is too large, or no JSON object.
        """
        media_type = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type and media_type != "application/json" and not media_type.endswith("+json"):
            raise UnsupportedMediaTypeError("The body must be application/json.")
        value = json.parse(self.body_bytes())
        if not isinstance(value, dict):
            raise ValidationFailedError.of("", "must be a JSON object")
        return value

    @property
    def idempotency_key(self) -> str | None:
        """The `Idempotency-Key` header as sent; None when there is none."""
        return self.headers.get("idempotency-key")


@dataclass(frozen=True, slots=True)
class Response:
    """What an endpoint answers.

    `body` is None for none, `bytes` to go out as they are, else anything `shared.http.json.dump` takes.
    """

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def replayed(cls, body: object) -> Response:
        """The answer to a repeated request."""
        return cls(200, body, {"idempotent-replayed": "true"})
