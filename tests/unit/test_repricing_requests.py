"""How a repricing is asked for, and found again (PRI-4, REC-4)."""

from __future__ import annotations

import pytest

from shared.domain.errors import (
    IdempotencyConflictError,
    NotFoundError,
    UnavailableError,
    ValidationFailedError,
)
from tests.repriced import ALL, stocked
from tests.repricing_shop import EVER, Shop, W


@pytest.fixture
def shop() -> Shop:
    """Five users with unpriced logs that a price has come for."""
    return stocked()


def test_a_repeated_request_gets_its_run_and_starts_none(shop: Shop) -> None:
    run = shop.reprice("key")
    again, replayed = shop.repricings.ask(W, {**EVER, "dryRun": False}, "key")
    assert (again, replayed) == (run, True)
    with pytest.raises(IdempotencyConflictError) as refused:
        shop.reprice("key", dry=True)
    assert [error.pointer for error in refused.value.errors] == ["/dryRun"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"startDate": None}, "/startDate"),
        ({"endDate": None}, "/endDate"),
        ({"startDate": "yesterday"}, "/startDate"),
        ({"startDate": "2026-11-20T00:00:00"}, "/startDate"),
        ({"startDate": 20261120}, "/startDate"),
        ({"startDate": "2026-11-21", "endDate": "2026-11-20"}, "/endDate"),
        ({"startDate": "2025-01-01"}, "/endDate"),
        ({"dryRun": None}, "/dryRun"),
        ({"dryRun": "true"}, "/dryRun"),
        ({"userId": "a b"}, "/userId"),
        ({"model": ""}, "/model"),
        ({"price": 1}, "/price"),
    ],
)
def test_a_wrong_body_is_refused(shop: Shop, changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        shop.repricings.ask(W, {**EVER, "dryRun": True, **changes}, None)
    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert shop.queue.messages == []


def test_a_year_and_its_day_are_not_too_long(shop: Shop) -> None:
    days = {"startDate": "2025-10-18", "endDate": "2026-11-21"}
    assert shop.reprice(dry=True, **days).tally == ALL
    with pytest.raises(ValidationFailedError):
        shop.reprice(dry=True, startDate="2025-10-17", endDate="2026-11-21")


@pytest.mark.parametrize("repricing_id", ["nothing", "", "x" * 2000, "a#b"])
def test_an_unknown_run_is_not_found(shop: Shop, repricing_id: str) -> None:
    with pytest.raises(NotFoundError):
        shop.repricings.get(W, repricing_id)


def test_a_run_of_another_workspace_is_not_found(shop: Shop) -> None:
    """SEC-1."""
    run = shop.reprice()
    with pytest.raises(NotFoundError):
        shop.repricings.get("other", run.repricing_id)


def test_a_run_that_no_job_can_follow_up_is_not_begun(shop: Shop) -> None:
    shop.queue.broken = True
    with pytest.raises(UnavailableError):
        shop.reprice("again")
    shop.queue.broken = False
    assert all(log.repriced is None for log in shop.listed())

    run, replayed = shop.repricings.ask(W, {**EVER, "dryRun": False}, "again")

    assert (run.status, run.tally, replayed) == ("done", ALL, False)
