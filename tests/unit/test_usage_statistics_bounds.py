"""Statistics of very many accounts: exact up to a number, then an estimate or a part that says so."""

from __future__ import annotations

import pytest

from shared.domain.ids import account_id_of
from shared.domain.usage import UsageLog
from tests.reads import Reads
from tests.usage import SECRET, usage_log

STATS = "/api/usage-logs/stats"
SUMMARY = "/api/usage-logs/summary"


def crowd(count: int, users_of_rare: int) -> list[UsageLog]:
    """Many users, the first of whom used a model of their own."""
    logs = [usage_log(n, account_id=account_id_of(SECRET, f"u{n}")) for n in range(count)]
    rare = [
        usage_log(count + n, account_id=account_id_of(SECRET, f"u{n}"), model="rare")
        for n in range(users_of_rare)
    ]
    return logs + rare


def test_users_of_a_model_are_exact_for_a_hundred_accounts() -> None:
    found = Reads(crowd(100, 40)).get(STATS, {"model": "rare"})["statistics"]

    assert found["users"] == 40
    assert "usersEstimated" not in found


def test_users_of_a_model_beyond_that_are_an_estimate_that_says_so() -> None:
    reads = Reads(crowd(1_000, 400))

    found = reads.get(STATS, {"model": "rare"})["statistics"]

    assert found["usersEstimated"] is True
    assert 250 <= found["users"] <= 550
    assert sum(asked[0] == "private" for asked in reads.cells.asked) == 100


def test_more_active_accounts_than_can_be_read_are_estimated_and_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.analytics.active.MAX_ACTIVE_ROWS", 400)
    reads = Reads(crowd(1_000, 0))

    found = reads.get(STATS)["statistics"]

    assert found["usersEstimated"] is True
    assert 850 <= found["users"] <= 1_150
    assert found["requests"] == 1_000


def test_a_summary_by_user_has_the_largest_of_very_many() -> None:
    logs = [
        usage_log(n, account_id=account_id_of(SECRET, f"u{n}"), cost_picos=n) for n in range(520)
    ]

    found = Reads(logs).get(SUMMARY, {"groupBy": "user"})

    expected = [account_id_of(SECRET, f"u{n}") for n in range(519, 19, -1)]
    assert [row["key"] for row in found["summary"]] == expected
    assert found["truncated"] is True
    assert found["totals"]["requests"] == 520
