"""Things to test with, with meaningful defaults: name only what a test is about."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import unquote, urlencode

from shared.domain.calendar import zone_of
from shared.domain.fingerprint import members_of
from shared.domain.head import Head
from shared.domain.ids import account_id_of
from shared.domain.journal import Entry
from shared.domain.ledger import (
    AccountTerms,
    Applied,
    Moment,
    Movement,
    apply_movement,
    apply_usage,
)
from shared.domain.pricing import PricingTerms
from shared.domain.tokens import Tokens
from shared.domain.usage import Usage, UsageLog
from shared.domain.workspace import SECRET_BYTES, ApiKey, Workspace
from shared.http.messages import Event
from shared.routes import ROUTES, SCOPES, Route
from tests.fakes.clock import START_MS

WORKSPACE: Final = "acme"
USER: Final = "alice"
SECRET: Final = WORKSPACE.encode().ljust(SECRET_BYTES, b".")
"""The one that `tests.integration.backend` gives the workspace: handlers remember it from test to test."""

ACCOUNT: Final = account_id_of(SECRET, USER)
API_KEY: Final = "key-of-acme"


def a_workspace(**changes: Any) -> Workspace:
    """A workspace in UTC and USD with flat prices that enforces balances, as the contract's defaults."""
    plain = Workspace(WORKSPACE, "Acme", SECRET, START_MS)
    return replace(plain, **changes)


def a_usage(log_id: str = "log-1", **changes: Any) -> Usage:
    """A successful call of a model by alice, nothing stated about its price. `members` follow."""
    usage = Usage(
        log_id=log_id,
        user_id=USER,
        service="chat",
        provider="chat",
        model="gpt-4o",
        tokens=Tokens.of_parts(1000, 200),
        credits=None,
        cost_picos=None,
        failed=False,
        error_code=None,
        response_time_ms=250,
        response_bytes=4096,
        country="KR",
        platform="web",
        request_id=None,
        metadata=None,
        occurred_ms=None,
        members={},
    )
    usage = replace(usage, **changes)
    return usage if "members" in changes else replace(usage, members=_members(usage))


def _members(usage: Usage) -> dict[str, str]:
    tokens = usage.tokens
    body: dict[str, object] = {
        "userId": usage.user_id,
        "service": usage.service,
        "model": usage.model,
        "tokens": None if tokens is None else {"input": tokens.input, "output": tokens.output},
        "credits": usage.credits,
        "cost": usage.cost_picos,
        "status": "error" if usage.failed else None,
        "metadata": usage.metadata,
    }
    return members_of(body)


def pricing_terms(**changes: Any) -> PricingTerms:
    """Flat prices: 0.005 a request, 0.001 a credit; so a call costs five credits."""
    return replace(PricingTerms("flat", 5_000_000_000, 1_000_000_000), **changes)


def terms(*, timezone: str = "UTC", **changes: Any) -> AccountTerms:
    """Terms that let a balance run below zero, so that a test needs no purchase first."""
    plain = AccountTerms(
        pricing=pricing_terms(),
        currency="USD",
        zone=zone_of(timezone),
        enforce_credits=False,
        retention_days=92,
    )
    return replace(plain, **changes)


def a_moment(now_ms: int = START_MS, mark: int = 0) -> Moment:
    """A moment of an attempt; `mark` tells its nonce and salt from another's."""
    return Moment(now_ms, mark.to_bytes(16, "big"), (mark + 1).to_bytes(16, "little"))


def a_head(**changes: Any) -> Head:
    """Alice's account before its first entry."""
    return replace(Head(WORKSPACE, ACCOUNT), **changes)


def a_purchase(amount: int = 1000, **changes: Any) -> Movement:
    """A purchase of credits."""
    return replace(Movement("credit", "purchase", amount), **changes)


@dataclass
class Ledger:
    """An account in memory: commands applied one after another, everything they made kept."""

    head: Head
    terms: AccountTerms
    now_ms: int = START_MS
    entries: list[Entry] = field(default_factory=list)
    logs: list[UsageLog] = field(default_factory=list)

    def use(self, *rows: Usage) -> Applied:
        """Apply usage rows."""
        return self._take(apply_usage(self.head, rows, self.terms, self._moment()))

    def move(self, movement: Movement) -> Applied:
        """Apply a movement."""
        return self._take(apply_movement(self.head, movement, self.terms, self._moment()))

    def _moment(self) -> Moment:
        return a_moment(self.now_ms, mark=len(self.entries) + 1)

    def _take(self, applied: Applied) -> Applied:
        self.head = applied.head
        self.logs += applied.logs
        if applied.entry is not None:
            self.entries.append(applied.entry)
        return applied


def a_ledger(head: Head | None = None, *, now_ms: int = START_MS, **changes: Any) -> Ledger:
    """An account in memory under `terms(**changes)`."""
    return Ledger(head or a_head(), terms(**changes), now_ms)


def a_log(log_id: str = "log-1", **changes: Any) -> UsageLog:
    """The log of `a_usage(log_id, **changes)` as the first of alice's account."""
    (log,) = a_ledger().use(a_usage(log_id, **changes)).logs
    return log


def an_entry(*rows: Usage) -> Entry:
    """The first entry of alice's account: usage of the rows, or of one plain call."""
    entry = a_ledger().use(*(rows or (a_usage(),))).entry
    assert entry is not None
    return entry


def an_api_key(key_id: str = API_KEY, **changes: Any) -> ApiKey:
    """A key of the workspace with every scope; see `shared.store.api_keys` for how one is stored."""
    plain = ApiKey(WORKSPACE, key_id, "backend", SCOPES, bytes(32), START_MS)
    return replace(plain, **changes)


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What a function is told of its invocation."""

    aws_request_id: str = "req-1"
    function_name: str = "tally-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:tally-test"
    remaining_ms: int = 10_000

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left."""
        return self.remaining_ms


def http_event(
    method: str,
    path: str,
    route_key: str | None = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: object = None,
    base64_encoded: bool = False,
    source_ip: str = "203.0.113.7",
) -> Event:
    """An HTTP API event (payload format 2.0). `body`: `str` and `bytes` as they are, else as JSON.

    The route and its path parameters are found as the gateway finds them; `path` is percent-encoded.
    """
    route = route_of(method, path)
    key = route_key or ("$default" if route is None else route.key)
    lowered = {name.lower(): value for name, value in (headers or {}).items()}
    event: Event = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": unquote(path),
        "rawQueryString": urlencode(query or {}),
        "headers": {"host": "api.example.com", "x-forwarded-for": source_ip, **lowered},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": unquote(path),
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": "tests",
            },
            "requestId": "gateway-req-1",
            "routeKey": key,
            "stage": "$default",
            "timeEpoch": START_MS,
        },
        "isBase64Encoded": base64_encoded,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    parameters = _parameters(key, path)
    if parameters:
        event["pathParameters"] = parameters
    if body is not None:
        data = _body_bytes(body)
        event["headers"].setdefault("content-type", "application/json")
        event["headers"]["content-length"] = str(len(data))
        event["body"] = base64.b64encode(data).decode() if base64_encoded else data.decode()
    return event


def _body_bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def route_of(method: str, path: str) -> Route | None:
    """The route a gateway would choose: a literal part goes before a parameter."""
    fitting = [r for r in ROUTES if r.method == method and _match(r.path, path) is not None]
    return min(fitting, key=lambda route: route.path.count("{"), default=None)


def _parameters(route_key: str, path: str) -> dict[str, str]:
    _, _, template = route_key.partition(" ")
    return _match(template, path) or {}


def _match(template: str, path: str) -> dict[str, str] | None:
    wanted, given = template.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    parameters = {}
    for part, value in zip(wanted, given, strict=True):
        if part.startswith("{") and value:
            parameters[part.strip("{}")] = unquote(value)
        elif part != value:
            return None
    return parameters


def records_event(records: Sequence[Mapping[str, Any]]) -> Event:
    """A stream batch of records, as `FakeTable.stream_records` gives them."""
    return {"Records": list(records)}


def bearer(credential: str) -> dict[str, str]:
    """The header that carries a credential."""
    return {"authorization": f"Bearer {credential}"}
