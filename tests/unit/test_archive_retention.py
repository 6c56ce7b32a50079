"""OPS-3, REC-4: expiry and repeats when the retention changes, and changes to logs that are archived."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.archive.schemas import Job
from shared.domain.archive import KEPT_DAYS
from shared.domain.calendar import MS_PER_DAY
from shared.domain.errors import EventTooOldError
from shared.domain.ids import uuid7
from tests.archiving import Vault
from tests.factories import WORKSPACE, a_usage

DAY = "2026-11-20"


def test_a_raised_retention_is_taken_to_the_logs_that_there_are() -> None:
    vault = Vault(retention_days=10)
    made_ms = vault.clock.now_ms()
    vault.use("log-1")
    vault.next_day()
    vault.night()
    assert vault.expiry_of("log-1") == -(-(made_ms + (10 + KEPT_DAYS) * MS_PER_DAY) // 1000)

    vault.settle(retention_days=100)
    vault.night()

    assert vault.expiry_of("log-1") == -(-(made_ms + (100 + KEPT_DAYS) * MS_PER_DAY) // 1000)


def test_a_raised_retention_is_taken_to_the_logs_although_the_plan_died_before_its_jobs() -> None:
    vault = Vault(retention_days=10)
    made_ms = vault.clock.now_ms()
    vault.use("log-1")
    vault.next_day()
    vault.night()
    vault.settle(retention_days=100)
    waiting = vault.jobs_of_archive.waiting
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(vault.jobs_of_archive, "send", _die)
        with pytest.raises(KilledError):
            vault.plan()
    assert waiting == []
    vault.clock.advance(minutes=60)

    vault.night()

    assert vault.expiry_of("log-1") == -(-(made_ms + (100 + KEPT_DAYS) * MS_PER_DAY) // 1000)


class KilledError(BaseException):
    """The process dies: nothing that handles errors gets to run."""


def _die(_: Job) -> None:
    raise KilledError


def test_a_lowered_retention_brings_no_log_to_an_earlier_end() -> None:
    vault = Vault(retention_days=100)
    vault.use("log-1")
    vault.next_day()
    vault.night()
    before = vault.expiry_of("log-1")

    vault.settle(retention_days=1)
    vault.next_day()
    vault.night()
    vault.do(Job(WORKSPACE, "usage_logs", DAY))

    assert vault.expiry_of("log-1") == before


def test_a_repeat_of_what_has_expired_is_not_charged_though_the_retention_was_raised_since() -> (
    None
):
    """REC-4: time-ordered ids are deduplicated for ever."""
    vault = Vault(retention_days=10)
    log_id = uuid7(vault.clock.now_ms(), vault.clock.random_bytes)
    vault.record(a_usage(log_id))
    vault.next_day()
    vault.night()
    vault.next_day(60)
    vault.night()
    vault.expire()
    assert vault.logs.get(WORKSPACE, log_id) is None
    vault.settle(retention_days=200)

    (outcome,) = vault.ledger.record(WORKSPACE, [a_usage(log_id)]).outcomes

    assert isinstance(outcome.error, EventTooOldError)


def test_an_id_from_before_the_retention_is_found_as_long_as_its_log_is_there() -> None:
    vault = Vault(retention_days=10)
    log_id = uuid7(vault.clock.now_ms(), vault.clock.random_bytes)
    row = a_usage(log_id)
    vault.record(row)
    vault.next_day(30)
    vault.night()

    (outcome,) = vault.ledger.record(WORKSPACE, [row]).outcomes

    assert outcome.status == "replayed"


def test_exports_are_whole_after_a_raised_retention_hid_what_had_expired_before() -> None:
    vault = Vault(retention_days=10)
    vault.use("log-1")
    vault.next_day()
    vault.night()
    vault.next_day(45)
    vault.night()
    vault.use("log-2")
    vault.expire()

    vault.settle(retention_days=400)
    vault.night()

    assert sorted(row["id"] for row in vault.csv_rows(vault.usage())) == ["log-1", "log-2"]


@pytest.mark.parametrize("archived_before", [True, False])
def test_what_a_repricing_made_of_logs_counts_in_the_archive_too(archived_before: bool) -> None:
    vault = Vault()
    vault.use("log-1", "alice")
    vault.use("log-2", "alice")
    vault.next_day()
    if archived_before:
        vault.night()
    vault.settle(request_picos=7_000_000_000)
    vault.reprice("alice", "log-1", "log-2")
    vault.next_day()
    vault.night()

    found = {log.log_id: log for log in vault.filed(DAY)}
    assert {log.current.credits for log in found.values()} == {7}
    assert {log.credits for log in found.values()} == {5}
    kept = vault.logs.get(WORKSPACE, "log-1")
    assert kept is not None
    assert found["log-1"].repriced == kept.repriced
    sums = vault.manifest_of(DAY)["sums"]
    assert (sums["credits"], sums["currentCredits"]) == (10, 14)
    assert vault.expiry_beside("log-1") == vault.expiry_of("log-1") is not None
    before = dict(vault.bucket.content)
    vault.night()
    assert vault.bucket.content == before


def test_a_mark_is_moved_to_later_only_and_brings_nothing_back() -> None:
    vault = Vault()
    vault.use("log-1")
    log = vault.logs.get(WORKSPACE, "log-1")
    assert log is not None
    vault.archives.let_go([log, replace(log, log_id="gone")], 100)
    late = vault.expiry_of("log-1")

    vault.archives.let_go([log], 10)

    assert vault.expiry_of("log-1") == late
    assert vault.logs.get(WORKSPACE, "gone") is None
