"""A page that is open hears of what happens in its workspace, and of nothing else (UI-2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.e2e.platform import DEADLINE_SECONDS, PASSWORD, Platform, Shop

Message = dict[str, Any]


def opened(url: str) -> ClientConnection:
    """A new connection. A function that starts cold may take its time to let it in."""
    return connect(url, open_timeout=DEADLINE_SECONDS)


def heard(page: ClientConnection, seconds: float = DEADLINE_SECONDS) -> Message:
    """The next message."""
    message: Message = json.loads(page.recv(timeout=seconds))
    return message


def newer(page: ClientConnection, than: int) -> int:
    """The version of the next news of something newer; what came before the welcome may come after it."""
    while True:
        news = heard(page)
        assert news["type"] == "changed"
        if news["version"] > than:
            return int(news["version"])


def hello(page: ClientConnection, shop: Shop) -> Message:
    """Say hello as a shop's admin, and be told."""
    token = shop.platform.cloud.id_token(f"admin-of-{shop.workspace_id}", PASSWORD)
    page.send(json.dumps({"action": "hello", "token": token}))
    return heard(page)


def test_a_posted_log_is_heard_of_in_its_workspace_only(platform: Platform) -> None:
    mine, other = platform.shop(enforceCredits=False), platform.shop(enforceCredits=False)
    url = str(platform.cloud.settings["liveUrl"])
    with opened(url) as page, opened(url) as elsewhere, opened(url) as stranger:
        before = hello(page, mine)["version"]
        there = hello(elsewhere, other)["version"]

        log = {"id": "one", "userId": "ann", "service": "chat"}
        assert mine.backend.post("/api/usage-logs", log).status == 201
        newer(page, before)
        assert mine.requests_counted() == 1, "what is told of can be read"

        # The next news there is of its own log: our change was told long before.
        assert other.backend.post("/api/usage-logs", log).status == 201
        assert newer(elsewhere, there) == there + 1

        stranger.send(json.dumps({"action": "hello", "token": "forged"}))
        assert heard(stranger) == {"type": "refused", "code": "unauthorized"}
        with pytest.raises(ConnectionClosed):
            stranger.recv(timeout=DEADLINE_SECONDS)
