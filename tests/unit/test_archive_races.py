"""OPS-3, SEC-5: the archive when it dies, when others are at the same day, when users are erased then."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from functions.archive.planning import BUSY_MS
from functions.archive.schemas import Job
from shared.domain.archive import CHECKPOINTS, Archive, Unit
from shared.domain.journal import verify
from shared.domain.usage import UsageLog
from shared.store.schema import TTL_ATTRIBUTE
from shared.store.table import StoreUnavailableError
from tests.archiving import Countdown, Vault
from tests.erasing import PERSON
from tests.factories import WORKSPACE
from tests.fakes.faults import Call
from tests.folding import CrashError, crash

DAY = "2026-11-20"
JOB = Job(WORKSPACE, "usage_logs", DAY)
LOGS = {f"log-{n}" for n in range(5)} | {"other-1"}


def a_vault() -> Vault:
    """A day that is over, with logs of somebody who left texts and of somebody else."""
    vault = Vault()
    vault.record(*(vault.usage_of(f"log-{n}") for n in range(5)))
    vault.use("other-1", "bob", metadata='{"kept":true}')
    vault.fold()
    vault.next_day()
    return vault


def expiring(vault: Vault) -> set[str]:
    """The logs that the table will drop."""
    return {
        str(item["pk"]).rpartition("#")[2]
        for item in vault.table.items()
        if item["sk"] == "LOG" and TTL_ATTRIBUTE in item
    }


def filed(vault: Vault) -> set[str]:
    """The logs in verified files."""
    found = vault.archives.get(JOB.unit)
    return {log.log_id for log in vault.filed(DAY)} if found and found.readable else set()


def assert_tidy(vault: Vault) -> Archive:
    """The day is done: its files are those of the manifest, each log in them once and about to expire."""
    unit = vault.unit(DAY)
    assert unit.status == "done"
    assert sorted(log.log_id for log in vault.filed(DAY)) == sorted(LOGS)
    assert expiring(vault) == LOGS
    named = {f"{unit.unit.folder}{file['name']}" for file in vault.manifest_of(DAY)["files"]}
    assert set(vault.bucket.keys(unit.unit.folder)) == named | {unit.unit.manifest_key}
    return unit


def texts(logs: list[UsageLog]) -> set[str | None]:
    """What was noted in logs."""
    return {log.metadata for log in logs} | {log.request_id for log in logs}


def test_it_may_die_before_any_call_and_goes_on() -> None:
    place = 0
    while True:
        vault = a_vault()
        countdown = Countdown(vault, place, crash)
        try:
            vault.do(JOB)
        except CrashError:
            assert expiring(vault) <= filed(vault)
        countdown.stop()
        vault.jobs_of_archive.waiting.append(JOB)
        vault.work_off()

        assert_tidy(vault)
        if not countdown.met:
            break
        place += 1
    assert place > 15


def test_a_write_whose_answer_got_lost_is_found_again() -> None:
    vault = a_vault()

    def lose(call: Call) -> Callable[[], None] | None:
        if call.verb != "write":
            return None

        def fail() -> None:
            raise StoreUnavailableError

        return fail

    vault.table.meet_chaos(lose)
    with pytest.raises(StoreUnavailableError):
        vault.do(JOB)
    vault.table.meet_chaos(None)

    vault.do(JOB)

    assert_tidy(vault)


def test_two_at_the_same_day_leave_one_set_of_files() -> None:
    place = 0
    while True:
        vault = a_vault()
        _, other = vault.archivist(vault.table)
        countdown = Countdown(vault, place, partial(other.all, [JOB], 900_000))
        vault.do(JOB)
        countdown.stop()
        vault.work_off()

        assert_tidy(vault)
        if not countdown.met:
            break
        place += 1
    assert place > 15


def test_an_erasure_at_any_moment_leaves_no_text_behind() -> None:
    """SEC-5: whoever comes second, the archive or the erasure, takes the texts out."""
    place = 0
    while True:
        vault = a_vault()
        account_id = vault.account(PERSON)

        def erase(vault: Vault = vault, account_id: str = account_id) -> None:
            vault.erase.ask(WORKSPACE, PERSON)
            vault.erase.go_on(WORKSPACE, account_id, 900_000)

        countdown = Countdown(vault, place, erase)
        vault.do(JOB)
        countdown.stop()
        vault.jobs_of_archive.waiting.append(JOB)
        vault.work_off()
        if not countdown.met:
            erase()

        assert_tidy(vault)
        logs = vault.filed(DAY)
        assert texts([log for log in logs if log.account_id == account_id]) == {None}
        assert '{"kept":true}' in texts(logs)
        assert vault.traces() == set()
        if not countdown.met:
            break
        place += 1
    assert place > 15


@pytest.mark.parametrize("steps", range(4))
def test_an_erasure_under_way_when_the_day_is_archived_leaves_no_text_behind(steps: int) -> None:
    vault = a_vault()
    account_id = vault.account(PERSON)
    erasure = vault.erase.ask(WORKSPACE, PERSON)
    if steps == 1:
        vault.do(JOB)
    if steps == 2:
        # Its texts are gone from the table, it has not looked at the archive, and the day is written.
        for _ in vault.erasing_steps(erasure):
            pass
        vault.do(JOB)
    vault.erase.go_on(WORKSPACE, account_id, 900_000)
    if steps == 3:
        vault.do(JOB)
    vault.do(JOB)

    assert_tidy(vault)
    assert texts([log for log in vault.filed(DAY) if log.account_id == account_id]) == {None}


@pytest.mark.parametrize("kept", [b"", b"PAR1 and more"])
def test_nothing_expires_while_files_come_back_damaged(kept: bytes) -> None:
    vault = a_vault()
    vault.bucket.spoil = lambda data: kept if data[:4] == b"PAR1" else data
    with pytest.raises(Exception, match="did not come back"):
        vault.do(JOB)
    assert expiring(vault) == set()

    vault.bucket.spoil = lambda data: data
    vault.do(JOB)

    assert_tidy(vault)


def test_a_file_that_was_changed_after_it_was_verified_lets_nothing_expire() -> None:
    vault = a_vault()
    vault.do(JOB, remaining_ms=0)
    vault.jobs_of_archive.waiting.clear()
    unit = vault.unit(DAY)
    assert unit.parts
    assert expiring(vault) == set()
    key = unit.key_of(unit.parts[0])
    whole = vault.bucket.content[key]
    vault.bucket.content[key] = whole[:-1]

    with pytest.raises(Exception, match="not the file that was verified"):
        vault.do(JOB)

    assert expiring(vault) == set()
    vault.bucket.content[key] = whole
    vault.do(JOB)
    assert_tidy(vault)


def test_files_of_a_time_that_a_restored_table_knows_nothing_of_are_replaced() -> None:
    """OPS-2."""
    vault = a_vault()
    for name in ("00000-7.parquet", "00001-7.parquet", "00000-3.parquet"):
        vault.bucket.content[f"{JOB.unit.folder}{name}"] = b"of another time"

    vault.do(JOB)

    assert assert_tidy(vault).attempt == 8


def test_the_journal_in_the_files_proves_itself() -> None:
    """LED-7."""
    vault = a_vault()
    vault.post(PERSON)
    vault.fold()
    vault.next_day(40)
    vault.night()
    account_id = vault.account(PERSON)

    entries = [entry for entry in vault.filed_entries("2026-11") if entry.account_id == account_id]

    assert len(entries) == 2
    assert verify(entries).first_bad_seq is None
    head = vault.accounts.head(WORKSPACE, account_id)
    assert head is not None
    assert verify(entries).head_hash == head.hash
    assert all(entry.note is None and not entry.salt for entry in entries)


def test_no_checkpoint_is_written_before_that_of_the_day_before() -> None:
    """LED-7: while a day still has a worker, or one that died a moment ago, the next day waits for it."""
    vault = Vault()
    vault.night()
    for day in range(2):
        vault.use(f"log-{day}")
        vault.next_day()
    at_work = Archive(Unit(WORKSPACE, CHECKPOINTS, DAY), attempt=1, updated_ms=vault.clock.now_ms())
    assert vault.archives.save(at_work, None)
    for _ in range(2):
        vault.night()
        vault.clock.advance(seconds=BUSY_MS // 1000)
    first, second = (vault.unit(day, CHECKPOINTS) for day in (DAY, "2026-11-21"))
    later, _ = vault.checkpoint(second)
    assert later.previous == vault.checkpoint(first)[0].digest.hex()
