"""OPS-3: closed days go into files that agree with the books, and only then may logs expire."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from functions.archive.schemas import Job
from shared.domain.archive import CLOSED_AFTER_MS, KEPT_DAYS
from shared.domain.calendar import MS_PER_DAY, day_start_ms
from shared.domain.checkpoints import HeadMark, marks_of
from shared.domain.ids import uuid7
from shared.store.schema import entry_key, log_key
from shared.store.table import Delete, Update, Value
from tests.archiving import Vault
from tests.factories import WORKSPACE, a_usage

DAY = "2026-11-20"


def test_a_day_that_is_over_is_archived_as_it_was_recorded() -> None:
    vault = Vault()
    vault.use("log-1", "alice", metadata='{"a":1}', request_id="req-1")
    vault.use("log-2", "bob", failed=True, error_code="boom", tokens=None, model=None)
    recorded = {log_id: vault.logs.get(WORKSPACE, log_id) for log_id in ("log-1", "log-2")}

    vault.next_day()
    vault.night()

    for log in vault.filed(DAY):
        known = recorded.pop(log.log_id)
        assert known is not None
        assert replace(log, nonce=known.nonce, fingerprint=known.fingerprint) == known
    assert recorded == {}
    manifest = vault.manifest_of(DAY)
    assert manifest["rows"] == 2
    assert manifest["sums"]["entries"] == 2
    assert manifest["sums"]["requests"] == 2
    assert manifest["sums"]["credits"] == 5


def test_nothing_expires_before_its_day_is_over_and_written() -> None:
    vault = Vault()
    vault.use("log-1")

    vault.night()

    assert vault.expiry_of("log-1") is None
    assert list(vault.archives.units(WORKSPACE, "usage_logs", DAY)) == []


def test_an_archived_log_expires_after_the_retention_and_a_month() -> None:
    vault = Vault(retention_days=92)
    now_ms = vault.clock.now_ms()
    vault.use("log-1")

    vault.next_day()
    vault.night()

    assert vault.expiry_of("log-1") == -(-(now_ms + (92 + KEPT_DAYS) * MS_PER_DAY) // 1000)


def test_an_id_that_tells_a_later_time_keeps_its_log_for_longer() -> None:
    vault = Vault()
    ahead_ms = vault.clock.now_ms() + 40 * MS_PER_DAY
    log_id = uuid7(ahead_ms, vault.clock.random_bytes)
    vault.record(a_usage(log_id))

    vault.next_day()
    vault.night()

    assert vault.expiry_of(log_id) == -(-(ahead_ms + (92 + KEPT_DAYS) * MS_PER_DAY) // 1000)


def test_a_day_is_done_once_however_often_its_job_comes() -> None:
    vault = Vault()
    vault.use("log-1")
    vault.next_day()
    vault.night()
    before = dict(vault.bucket.content)

    vault.do(Job(WORKSPACE, "usage_logs", DAY))
    vault.night()

    assert vault.bucket.content == before
    assert vault.unit(DAY).attempt == 1


def test_a_missing_log_keeps_its_whole_day_in_the_table() -> None:
    vault = Vault()
    vault.use("log-1")
    vault.use("log-2")
    vault.table.write(Delete(log_key(WORKSPACE, "log-2")))
    vault.fold()
    vault.next_day()

    vault.plan()
    assert vault.work_off() == 1
    assert vault.expiry_of("log-1") is None
    assert vault.unit(DAY).status == "writing"


def test_what_is_not_folded_yet_keeps_its_whole_day_in_the_table() -> None:
    """The cells are a witness of their own: they were made from the stream."""
    vault = Vault()
    vault.use("log-1")
    vault.fold()
    vault.use("log-2")
    vault.next_day()
    vault.plan()

    assert vault.work_off() == 2
    assert vault.expiry_of("log-1") is None
    vault.fold()
    vault.plan()
    vault.clock.advance(minutes=60)
    vault.night()

    assert sorted(log.log_id for log in vault.filed(DAY)) == ["log-1", "log-2"]


def test_an_entry_that_the_index_lost_keeps_its_whole_day_in_the_table() -> None:
    vault = Vault()
    vault.use("log-1", "alice")
    vault.use("log-2", "bob")
    vault.fold()
    vault.table.write(Update(entry_key(WORKSPACE, vault.account("bob"), 1), remove=("jk", "js")))
    vault.next_day()
    vault.plan()

    assert vault.work_off() == 2
    assert vault.expiry_of("log-1") is None


@pytest.mark.parametrize("change", [{"ti": 999}, {"sv": "other"}, {"rt": 1}, {"co": "CH"}])
def test_a_log_that_was_changed_keeps_its_whole_day_in_the_table(change: dict[str, Value]) -> None:
    vault = Vault()
    vault.use("log-1")
    vault.fold()
    vault.table.write(Update(log_key(WORKSPACE, "log-1"), assign=change))
    vault.next_day()
    vault.plan()

    assert vault.work_off() == 1
    assert vault.expiry_of("log-1") is None


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Kiritimati"])
def test_days_are_the_workspaces_own(zone: str) -> None:
    vault = Vault(timezone=zone)
    midnight_ms = day_start_ms("2026-11-21", vault.workspace.zone)
    for name, at_ms in (("before", midnight_ms - 1), ("after", midnight_ms)):
        vault.clock.set(at_ms)
        vault.use(name)
    vault.clock.set(midnight_ms + CLOSED_AFTER_MS - 1)
    vault.night()
    assert vault.night().lag_ms == 0
    vault.clock.set(midnight_ms + CLOSED_AFTER_MS)
    assert vault.night().lag_ms == CLOSED_AFTER_MS
    vault.next_day(2)
    vault.night()

    assert [log.log_id for log in vault.filed("2026-11-20")] == ["before"]
    assert [log.log_id for log in vault.filed("2026-11-21")] == ["after"]


@pytest.mark.parametrize("days", [1, 40])
def test_the_journal_of_a_month_is_archived_when_the_month_is_over(days: int) -> None:
    vault = Vault()
    vault.use("log-1")
    vault.buy("alice")
    vault.next_day(days)
    vault.night()
    found = list(vault.archives.units(WORKSPACE, "journal"))
    assert [unit.unit.period for unit in found if unit.parts] == (["2026-11"] if days > 11 else [])


def test_each_day_with_movements_has_a_checkpoint_that_leads_to_the_one_before() -> None:
    """LED-7."""
    vault = Vault()
    vault.use("log-1", "alice")
    vault.buy("bob")
    vault.next_day(2)
    vault.use("log-2", "alice")
    vault.next_day()
    vault.night()

    first, idle, second = (
        vault.unit(day, "checkpoints") for day in (DAY, "2026-11-21", "2026-11-22")
    )
    assert idle.parts == ()
    earlier, signature = vault.checkpoint(first)
    later, _ = vault.checkpoint(second)
    assert (earlier.previous, later.previous) == (None, earlier.digest.hex())
    assert signature is not None
    vault.signer.key.public_key().verify(
        signature.value, earlier.digest, ec.ECDSA(Prehashed(hashes.SHA256()))
    )
    listed = vault.checkpoints.content[f"{first.unit.folder}1.heads.txt"]
    assert sha256(listed).hexdigest() == earlier.root
    heads = {mark.account_id: mark for mark in marks_of(listed.decode().splitlines())}
    bob = vault.accounts.head(WORKSPACE, vault.account("bob"))
    assert bob is not None
    assert heads[bob.account_id] == HeadMark(bob.account_id, bob.seq, bob.hash)


@pytest.mark.parametrize("gone", [True, False])
def test_exports_are_whole_on_both_sides_of_what_has_expired(gone: bool) -> None:
    vault = Vault(retention_days=10)
    for day in range(60):
        vault.record(
            a_usage(f"log-{day}", user_id="alice" if day % 2 else "bob"),
            a_usage(f"late-{day}", occurred_ms=vault.clock.now_ms() - 9 * MS_PER_DAY),
        )
        vault.next_day()
        vault.night()
    everything = sorted(f"{kind}-{day}" for kind in ("log", "late") for day in range(60))
    if gone:
        vault.expire()
        assert vault.logs.get(WORKSPACE, "log-0") is None

    export = vault.usage()

    assert sorted(row["id"] for row in vault.csv_rows(export)) == everything
    alice = [row["id"] for row in vault.csv_rows(vault.usage(userId="alice"))]
    assert sorted(alice) == sorted(
        [f"log-{day}" for day in range(1, 60, 2)] + [f"late-{day}" for day in range(60)]
    )
    some = vault.usage(startDate="2026-11-25", endDate="2026-11-26")
    assert sorted(row["id"] for row in vault.csv_rows(some)) == [
        "late-14",
        "late-15",
        "log-5",
        "log-6",
    ]
    assert vault.manifest(export)["totals"]["requests"] == 120


def test_archiving_a_log_takes_two_write_units_and_a_read_unit() -> None:
    """The second is the history index's, which carries whole logs."""
    vault = Vault()
    for n in range(5):
        vault.record(*(a_usage(f"log-{n}-{row}", user_id=f"user-{n}") for row in range(98)))
    vault.fold()
    vault.next_day()
    before = replace(vault.table.units)

    vault.do(Job(WORKSPACE, "usage_logs", DAY))

    assert (vault.table.units.writes - before.writes) // 490 == 2
    assert (vault.table.units.reads - before.reads) / 490 < 1.1
