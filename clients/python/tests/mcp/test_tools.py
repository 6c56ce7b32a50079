"""Tool calls of servers built with the official MCP SDK, metered inside and at the endpoint (INT-3)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import InputRequiredResult
from pydantic import AnyHttpUrl
from tests.serving import serving_asgi
from tests.sinks import BrokenSink, ListSink

from tally._context import current_usage
from tally.mcp import ToolMeter
from tally.middleware import ASGIMiddleware, mcp_endpoint, user_from_header

MODES = ["legacy", "auto"]
"""Both eras of the protocol: with a handshake and sessions, and without."""

PRICES = {"forecast": 5}


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


def weather(**options: Any) -> MCPServer:
    """Tools that answer, fail, and tell for whom they work."""
    server: MCPServer = MCPServer("weather", **options)

    @server.tool()
    async def forecast(city: str) -> str:
        return f"Sun over {city}, größtenteils"

    @server.tool()
    def fail(city: str) -> str:
        raise ToolError(f"no forecast for {city}")

    @server.tool()
    def whose() -> str:
        return str(current_usage().get("user_id"))

    return server


def talk(server: Any, mode: str, *calls: str) -> list[Any]:
    """Call tools of a server, or of an address, as a client does; what they answer."""

    async def ask() -> list[Any]:
        async with Client(server, mode=mode) as client:
            await client.list_tools()
            return [await client.call_tool(name, ARGUMENTS.get(name, {})) for name in calls]

    return asyncio.run(ask())


ARGUMENTS = {"forecast": {"city": "Bern"}, "fail": {"city": "Bern"}}


def metered(sink: Any, **options: Any) -> MCPServer:
    server = weather()
    server.middleware.append(ToolMeter("alice", recorder=sink, **options))
    return server


@pytest.mark.parametrize("mode", MODES)
def test_every_tool_call_is_recorded_with_tool_time_outcome_and_size(
    mode: str, sink: ListSink
) -> None:
    forecast, failed, unknown = talk(metered(sink), mode, "forecast", "fail", "nope")

    eras_own = {"result_type"} if mode == "legacy" else set()
    wire = forecast.model_dump_json(by_alias=True, exclude_none=True, exclude=eras_own)
    rows = sink.rows
    assert [row["metadata"] for row in rows] == [
        {"tool": "forecast"},
        {"tool": "fail"},
        {"tool": "nope"},
    ]
    assert [row.get("error_code") for row in rows] == [None, "tool_error", "tool_error"]
    assert (failed.is_error, unknown.is_error) == (True, True)
    assert {(row["service"], row["user_id"]) for row in rows} == {("mcp", "alice")}
    assert rows[0]["response_bytes"] == len(wire.encode())
    assert all(row["response_time_ms"] >= 0 for row in rows)


@pytest.mark.parametrize("mode", MODES)
def test_answers_are_the_same_with_and_without_it(mode: str, sink: ListSink) -> None:
    calls = ("forecast", "fail", "nope")
    bare = talk(weather(), mode, *calls)
    assert talk(metered(sink), mode, *calls) == bare
    assert talk(metered(BrokenSink()), mode, *calls) == bare


@pytest.mark.parametrize("mode", MODES)
def test_the_preset_of_the_middleware_records_the_same_calls_and_nothing_else(
    mode: str, sink: ListSink
) -> None:
    endpoint = mcp_endpoint(lambda _: "alice", credits=PRICES)
    app = ASGIMiddleware(weather().streamable_http_app(), endpoint, recorder=sink)
    with serving_asgi(app) as url:
        answers = talk(f"{url}/mcp", mode, "forecast", "fail", "nope")
        rows = sink.wait(3)

    assert [answer.is_error for answer in answers] == [False, True, True]
    assert [row["metadata"]["tool"] for row in rows] == ["forecast", "fail", "nope"]
    assert [row.get("error_code") for row in rows] == [None, "tool_error", "tool_error"]
    assert [row.get("credits") for row in rows] == [5, None, None]
    assert all(row["response_bytes"] > 0 for row in rows)


def test_a_price_is_taken_for_calls_that_succeed(sink: ListSink) -> None:
    talk(metered(sink, credits=PRICES), "auto", "forecast", "fail", "whose")
    talk(metered(sink, credits=2, service="tools"), "auto", "whose")
    assert [(row["service"], row.get("credits")) for row in sink.rows] == [
        ("mcp", 5),
        ("mcp", None),
        ("mcp", None),
        ("tools", 2),
    ]


def test_what_a_tool_calls_in_turn_is_booked_on_the_same_user(sink: ListSink) -> None:
    (answer,) = talk(metered(sink), "auto", "whose")
    assert answer.structured_content == {"result": "alice"}


class Tokens(TokenVerifier):
    async def verify_token(self, token: str) -> AccessToken | None:
        return AccessToken(token=token, client_id="app", scopes=[], subject="carol")


def test_the_user_is_the_subject_of_the_checked_access_token(sink: ListSink) -> None:
    issuer, here = AnyHttpUrl("https://issuer.example"), AnyHttpUrl("http://127.0.0.1/")
    settings = AuthSettings(
        issuer_url=issuer, resource_server_url=here, validate_token_resource=False
    )
    server = weather(auth=settings, token_verifier=Tokens())
    server.middleware.append(ToolMeter(recorder=sink))

    async def ask(url: str) -> Any:
        with_token = httpx2.AsyncClient(headers={"authorization": "Bearer of-carol"})
        async with (
            with_token,
            Client(streamable_http_client(url, http_client=with_token)) as client,
        ):
            return await client.call_tool("whose", {})

    with serving_asgi(server.streamable_http_app()) as url:
        answer = asyncio.run(ask(f"{url}/mcp"))
    assert answer.structured_content == {"result": "carol"}
    assert sink.only["user_id"] == "carol"


def test_a_question_back_is_not_yet_a_call(sink: ListSink) -> None:
    class Context:
        method, request_id, params = "tools/call", 1, {"name": "forecast"}

    async def ask_back(_: Any) -> Any:
        return InputRequiredResult(request_state="later")

    asyncio.run(ToolMeter("alice", recorder=sink)(Context(), ask_back))
    assert sink.rows == []


def test_anonymous_calls_are_answered_and_not_recorded(sink: ListSink) -> None:
    server = weather()
    server.middleware.append(ToolMeter(recorder=sink))
    (answer,) = talk(server, "auto", "forecast")
    assert not answer.is_error
    app = ASGIMiddleware(
        weather().streamable_http_app(), mcp_endpoint(user_from_header("x-user")), recorder=sink
    )
    with serving_asgi(app) as url:
        assert not talk(f"{url}/mcp", "auto", "forecast")[0].is_error
    assert sink.rows == []
