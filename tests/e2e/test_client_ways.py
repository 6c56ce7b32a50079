"""The same model call comes to the same tokens and credits on every way into Tally (INT-2)."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal
from typing import Any, Final

from local.state import ROOT
from tests.e2e.platform import Platform, Shop

PYTHON: Final = ROOT / ".venv-client" / "bin" / "python"
CLIENT: Final = ROOT / "clients" / "python"

TOKENS: Final = {
    "input": 1200,
    "output": 300,
    "cachedInput": 1000,
    "cacheWrite": 64,
    "reasoning": 120,
    "total": 1500,
}
COST: Final = Decimal("0.000285")
"""136 + 64 input tokens at 0.15 dollars a million, 1,000 cached ones at half of it, 300 output at 0.60."""


def booked(shop: Shop, user: str) -> dict[str, Any]:
    """The one log of a user."""
    answer = shop.backend.get(f"/api/usage-logs/user/{user}")
    assert answer.body["total"] == 1, (user, answer.body)
    return dict(answer.body["usageLogs"][0])


def test_the_same_stream_is_the_same_usage_on_every_way(platform: Platform) -> None:
    shop = platform.shop(
        pricing={"mode": "tokens", "perRequest": 0}, creditValue=0.000001, enforceCredits=False
    )
    key = platform.api_key(shop.workspace_id)["secret"]
    done = subprocess.run(
        [str(PYTHON), "-m", "tests.live", platform.cloud.api_url, key],
        cwd=CLIENT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    ways = json.loads(done.stdout.splitlines()[-1])
    logs = {way: booked(shop, way) for way in ways}
    figures = {way: (log["tokens"], log["cost"], log["credits"]) for way, log in logs.items()}
    assert len(figures) == 11
    assert all(figure == (TOKENS, COST, 285) for figure in figures.values()), figures
    assert {log["receipt"]["basis"] for log in logs.values()} == {"price_book"}
    assert {(log["service"], log["model"]) for log in logs.values()} == {("openai", "gpt-4o-mini")}
