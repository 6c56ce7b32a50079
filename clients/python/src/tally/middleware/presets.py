"""Meters for routes that many services have: an MCP endpoint, credits, signing in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tally._tools import CALL_TOOL, ToolPrice, answer_usage
from tally.middleware._meter import Exchange, Meter
from tally.middleware._users import UserOf

POST: Final = frozenset({"POST"})
EVENT_STREAM: Final = "text/event-stream"

FREE: Final = {"credits": 0, "cost": 0}
"""Looking at one's credits and signing in is counted, not charged."""

AUTH_PATHS: Final = ("/auth", "/login", "/logout", "/signup", "/oauth", "/token")


def credit_routes(user: UserOf, *paths: str, service: str = "credits") -> Meter:
    """Routes that show or sell credits (default: `/credits`): counted and timed, never charged."""
    return Meter(service, user, paths or ("/credits",), more=lambda _: FREE)


def auth_routes(user: UserOf, *paths: str, service: str = "auth") -> Meter:
    """Routes of signing in and out (default: `AUTH_PATHS`): counted and timed, never charged.

    Who signs in is nobody yet when the request comes: `user_from_state()` finds whom the service says it
    was. What stays anonymous is not recorded.
    """
    return Meter(service, user, paths or AUTH_PATHS, more=lambda _: FREE)


def mcp_endpoint(
    user: UserOf, *paths: str, service: str = "mcp", credits: ToolPrice = None
) -> Meter:
    """An MCP server's endpoint (streamable HTTP; default path `/mcp`): every tool call, and nothing else.

    Metadata says `tool`; the outcome is the tool's: HTTP 200 with `isError` or a JSON-RPC error is an
    error. `credits` is what a call that succeeds takes, for every tool or by its name; without it the
    workspace's prices count. For servers on other transports there is `tally.mcp.ToolMeter`.
    """

    def more(exchange: Exchange) -> Mapping[str, Any] | None:
        request = _json(exchange.request_body)
        tool = _tool(exchange, request)
        if tool is None:
            return None
        answer = _answer(exchange, request.get("id"))
        return answer_usage(tool, answer, credits, failed="status" in exchange.outcome)

    return Meter(service, user, paths or ("/mcp",), POST, more, reads_bodies=True)


def _tool(exchange: Exchange, request: Mapping[str, Any]) -> str | None:
    """The tool that is called: the body says it, or headers where the body is too long."""
    if exchange.request_body is None:
        headers = exchange.request.headers
        return headers.get("mcp-name") if headers.get("mcp-method") == CALL_TOOL else None
    if request.get("method") != CALL_TOOL:
        return None
    params = request.get("params")
    return str(params.get("name")) if isinstance(params, Mapping) else None


def _answer(exchange: Exchange, request_id: object) -> Mapping[str, Any]:
    """The JSON-RPC answer, alone or among the events of a stream."""
    body = exchange.response_body or b""
    if not exchange.response_headers.get("content-type", "").startswith(EVENT_STREAM):
        return _json(body)
    data = (line[5:] for line in body.splitlines() if line.startswith(b"data:"))
    messages = (_json(line) for line in data)
    mine = (message for message in messages if message.get("id") == request_id)
    return next((message for message in mine if message.keys() & {"result", "error"}), {})


def _json(body: bytes | None) -> Mapping[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}
