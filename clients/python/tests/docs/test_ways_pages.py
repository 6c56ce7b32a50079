"""The pages of the ways to measure are true: their code runs, and records what they say."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import litellm
import pytest
from mcp import Client
from starlette.testclient import TestClient
from tests.service import Reply, Seen, Service
from tests.vendors.server import vendors

import tally

HOME = Path(__file__).resolve().parents[2]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.filterwarnings("ignore")
"""What vendors' SDKs warn of is no matter of the pages."""


@pytest.fixture
def here(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """An environment that knows the service, and a vendor of every kind."""

    def events(seen: Seen) -> Reply:
        batch = isinstance(seen.body, list)
        rows = [
            service.keep(index, {**event["data"], "id": event["id"], "userId": event["subject"]})
            for index, event in enumerate(seen.body if batch else [seen.body])
        ]
        summary = {"created": len(rows), "replayed": 0, "conflict": 0, "rejected": 0}
        return Reply(200, {"results": rows, "summary": summary}) if batch else Reply(202, rows[0])

    service.routes["POST", "/api/events"] = events
    with vendors() as there:
        for name, value in {
            "TALLY_URL": service.url,
            "TALLY_KEY": "key-1",
            "OPENAI_BASE_URL": f"{there.url}/openai/v1",
            "OPENAI_API_KEY": "key",
            "ANTHROPIC_BASE_URL": f"{there.url}/anthropic",
            "ANTHROPIC_API_KEY": "key",
            "GOOGLE_GEMINI_BASE_URL": f"{there.url}/google",
            "GEMINI_API_KEY": "key",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("tally.recorder._default._recorder", None)
        yield service
        own = tally.recorder._default._recorder
        if own is not None:
            own.close()
    litellm.logging_callback_manager._reset_all_callbacks()  # type: ignore[no-untyped-call]
    litellm.in_memory_llm_clients_cache.flush_cache()  # type: ignore[no-untyped-call]
    gc.collect()  # what LiteLLM and the pages left open


def ask_for_pages(names: dict[str, Any]) -> None:
    with TestClient(names["app"]) as client:
        assert client.get("/api/report", headers={"x-user-id": "bob"}).text == "42 tons"
        assert client.get("/api/report").text == "42 tons"
        assert client.post("/login").text == "welcome"
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "REMOTE_USER": "carol"}
    assert list(names["wsgi_app"](environ, lambda *_: None)) == [b"42 tons"]


def call_a_tool(names: dict[str, Any]) -> None:
    async def call() -> None:
        async with Client(names["server"]) as client:
            assert not (await client.call_tool("forecast", {"city": "Bern"})).is_error

    asyncio.run(call())


def nothing_more(names: dict[str, Any]) -> None:
    pass


PAGES: dict[str, tuple[Callable[[dict[str, Any]], None], list[tuple[str, str]]]] = {
    "measure": (
        nothing_more,
        [("search", "alice"), ("search", "alice"), ("search", "carol"), ("summary", "bob")],
    ),
    "middleware": (ask_for_pages, [("auth", "alice"), ("reports", "bob"), ("reports", "carol")]),
    "mcp": (call_a_tool, [("mcp", "alice")]),
    "wrap": (
        nothing_more,
        [("anthropic", "alice"), ("assistant", "alice"), ("google", "alice")],
    ),
    "litellm": (nothing_more, [("assistant", "alice"), ("assistant", "bob")]),
    "opentelemetry": (nothing_more, [("assistant", "alice")]),
    "cloudevents": (
        nothing_more,
        [("assistant", "alice"), ("search", "alice"), ("search", "bob")],
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs_and_records(
    page: str, here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    then, expected = PAGES[page]
    names: dict[str, Any] = {"__name__": "page"}
    for block in PYTHON.findall((HOME / "docs" / f"{page}.md").read_text()):
        exec(compile(block, page, "exec"), names)  # noqa: S102 - that is the test
    then(names)

    def rows() -> list[tuple[str, str]]:
        assert tally.flush(30)
        return sorted((row["service"], row["userId"]) for row in here.logs.values())

    if page == "litellm":
        eventually(lambda: len(rows()) == len(expected))
    assert rows() == expected
    for name in ("client", "claude", "gemini"):
        if name in names:
            names[name].close()


def eventually(told: Callable[[], bool]) -> None:
    """Wait for LiteLLM, which tells of calls in threads of its own."""
    deadline = time.monotonic() + 30
    while not told() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_every_page_is_run() -> None:
    others = {"core", "recorder", "cli"}
    assert {path.stem for path in (HOME / "docs").glob("*.md")} - others == set(PAGES)
