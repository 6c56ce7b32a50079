"""Presets for routes of credits and of signing in: counted, never charged (INT-1)."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.sinks import ListSink

from tally.middleware import (
    ASGIMiddleware,
    Meter,
    auth_routes,
    credit_routes,
    user_from_header,
    user_from_state,
)


async def service(scope: Any, receive: Any, send: Any) -> None:
    scope["state"]["user_id"] = "newcomer"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def asked(sink: ListSink, path: str, *meters: Meter, user: str = "") -> None:
    async def nothing(*_: Any) -> Any: ...

    headers = [(b"x-user-id", user.encode())] if user else []
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "state": {}}
    asyncio.run(ASGIMiddleware(service, *meters, recorder=sink)(scope, nothing, nothing))


def test_routes_of_credits_are_counted_and_not_charged(sink: ListSink) -> None:
    meter = credit_routes(user_from_header("x-user-id"))
    asked(sink, "/credits/balance", meter, user="alice")
    asked(sink, "/credits/balance", meter)
    asked(sink, "/credit", meter, user="alice")

    row = sink.only
    assert (row["service"], row["credits"], row["cost"]) == ("credits", 0, 0)
    assert row["metadata"]["route"] == "/credits/balance"


def test_signing_in_is_counted_for_whom_it_turned_out_to_be(sink: ListSink) -> None:
    asked(sink, "/login", auth_routes(user_from_state()))
    row = sink.only
    assert (row["service"], row["user_id"], row["credits"]) == ("auth", "newcomer", 0)


def test_the_paths_can_be_said(sink: ListSink) -> None:
    meters = (
        auth_routes(user_from_state(), "/api/session", service="session"),
        credit_routes(user_from_state(), "/api/wallet"),
    )
    for path in ("/api/session/new", "/api/wallet", "/login", "/credits"):
        asked(sink, path, *meters)
    assert [row["service"] for row in sink.rows] == ["session", "credits"]
