"""A local cloud that is stopped and started again is the one it was (OPS-5)."""

from __future__ import annotations

from local.cloud import Cloud
from local.down import down
from local.process import lost
from local.state import State
from local.up import up
from tests.e2e.platform import Platform


def test_what_was_booked_stays_and_new_logs_are_counted(platform: Platform, state: State) -> None:
    shop = platform.shop(enforceCredits=False)
    log = {"userId": "ann", "service": "chat"}
    assert shop.backend.post("/api/usage-logs", {**log, "id": "before"}).status == 201
    shop.await_requests(1)

    assert down(state)
    assert not lost(state)
    assert Cloud(up(state)).api_url == platform.cloud.api_url

    assert shop.backend.post("/api/usage-logs", {**log, "id": "before"}).status == 200
    assert shop.backend.post("/api/usage-logs", {**log, "id": "after"}).status == 201
    shop.await_requests(2)
