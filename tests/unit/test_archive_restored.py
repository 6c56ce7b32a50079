"""OPS-2, OPS-3: the archive after a restore, when its files know more than the table that came back."""

from __future__ import annotations

from functions.archive.schemas import Job
from operations.recovery.units import judge_again
from shared.domain.archive import JOURNAL, SET_ASIDE, USAGE_LOGS
from shared.store.schema import TTL_ATTRIBUTE
from shared.store.table import Item, text
from tests.archiving import Countdown, Vault
from tests.factories import WORKSPACE
from tests.folding import CrashError, crash
from tests.reconciling import DirectFolder, prover

DAY = "2026-11-20"
NEXT_DAY = "2026-11-21"
MONTH = "2026-11"


def backup(vault: Vault) -> list[Item]:
    """The table as it is now."""
    return vault.table.items()


def restore(vault: Vault, items: list[Item]) -> None:
    """Bring the table back, and do what the command does before the new one is used."""
    vault.table.bring_back(items)
    judge_again(vault.archives, vault.bucket, WORKSPACE)


def a_vault() -> Vault:
    """A day with logs of two, one of whom left texts, folded but not over yet."""
    vault = Vault()
    vault.record(*(vault.usage_of(f"log-{n}") for n in range(3)))
    vault.use("other-1", "bob", metadata='{"kept":true}')
    vault.fold()
    return vault


def files_of(vault: Vault, prefix: str = USAGE_LOGS) -> dict[str, bytes]:
    """The Parquet files below a prefix."""
    content = vault.bucket.content
    return {k: data for k, data in content.items() if k.startswith(prefix) and "_m" not in k}


def expiring(vault: Vault) -> set[str]:
    """The logs that the table will drop."""
    items = (item for item in vault.table.items() if item["sk"] == "LOG")
    return {text(item, "pk").rpartition("#")[2] for item in items if TTL_ATTRIBUTE in item}


def exported(vault: Vault) -> list[str]:
    """The ids that an export of everything has, long after everything that may expire has."""
    vault.next_day(200)
    vault.expire()
    return sorted(row["id"] for row in vault.csv_rows(vault.usage()))


def assert_whole(vault: Vault) -> None:
    """Books, cells and archive tell the same; every file is one that a manifest names."""
    assert prover(vault.table, vault.clock)(WORKSPACE).drift == {}
    for unit in vault.archives.units(WORKSPACE, USAGE_LOGS):
        named = {unit.key_of(part) for part in unit.parts}
        kept = {unit.unit.manifest_key} if named else set()
        assert set(vault.bucket.keys(unit.unit.folder)) == named | kept


def test_a_day_archived_since_the_backup_is_verified_and_kept_and_its_logs_expire() -> None:
    vault = a_vault()
    kept = backup(vault)
    vault.next_day()
    vault.night()
    files, ends = files_of(vault), {n: vault.expiry_of(f"log-{n}") for n in range(3)}

    restore(vault, kept)
    assert expiring(vault) == set()
    vault.night()

    assert files_of(vault) == files
    assert vault.unit(DAY).status == "done"
    assert {n: vault.expiry_of(f"log-{n}") for n in range(3)} == ends
    assert expiring(vault) == {"log-0", "log-1", "log-2", "other-1"}
    assert_whole(vault)
    assert exported(vault) == ["log-0", "log-1", "log-2", "other-1"]


def test_a_day_that_was_rewritten_since_the_backup_is_read_as_it_is_now() -> None:
    """An erasure after the backup: the file that the restored table knows of is gone."""
    vault = a_vault()
    vault.next_day()
    vault.night()
    kept = backup(vault)
    vault.erased()
    files = files_of(vault)

    restore(vault, kept)
    vault.night()

    assert files_of(vault) == files
    assert vault.unit(DAY).status == "done"
    assert {log.metadata for log in vault.filed(DAY)} == {None, '{"kept":true}'}
    assert_whole(vault)
    assert exported(vault) == ["log-0", "log-1", "log-2", "other-1"]


def test_commits_that_the_restore_took_back_leave_the_archive_and_are_set_aside() -> None:
    vault = a_vault()
    kept = backup(vault)
    vault.use("lost-1", "bob")
    vault.next_day()
    vault.night()
    files = files_of(vault)

    restore(vault, kept)
    vault.use("lost-1", "bob")
    vault.night()
    vault.next_day()
    vault.night()

    assert sorted(log.log_id for log in vault.filed(DAY)) == ["log-0", "log-1", "log-2", "other-1"]
    assert [log.log_id for log in vault.filed(NEXT_DAY)] == ["lost-1"]
    assert files_of(vault, SET_ASIDE) == {f"{SET_ASIDE}{k}": data for k, data in files.items()}
    assert_whole(vault)
    assert exported(vault) == ["log-0", "log-1", "log-2", "lost-1", "other-1"]


def test_a_day_and_a_month_that_the_books_know_nothing_of_are_set_aside_and_not_deleted() -> None:
    vault = Vault()
    kept = backup(vault)
    vault.use("lost-1", "bob")
    vault.next_day(40)
    vault.night()
    before = files_of(vault, "")

    restore(vault, kept)
    vault.night()

    assert set(before) >= {key for key in before if key.startswith((USAGE_LOGS, JOURNAL))}
    assert files_of(vault, USAGE_LOGS) == files_of(vault, JOURNAL) == {}
    assert files_of(vault, SET_ASIDE) == {f"{SET_ASIDE}{k}": data for k, data in before.items()}
    assert (vault.unit(DAY).status, vault.unit(MONTH, JOURNAL).status) == ("done", "done")
    assert_whole(vault)


def test_a_month_of_the_journal_archived_since_the_backup_is_kept() -> None:
    vault = a_vault()
    vault.next_day(40)
    kept = backup(vault)
    vault.night()
    files = files_of(vault, JOURNAL)

    restore(vault, kept)
    vault.night()

    assert files_of(vault, JOURNAL) == files != {}
    assert vault.unit(MONTH, JOURNAL).status == "done"


def test_files_are_kept_though_the_table_has_let_go_of_their_logs() -> None:
    vault = a_vault()
    kept = [item for item in backup(vault) if item["sk"] != "LOG"]
    vault.next_day()
    vault.night()
    files = files_of(vault)

    restore(vault, kept)
    vault.night()

    assert files_of(vault) == files
    assert vault.unit(DAY).status == "done"


def test_files_of_which_the_table_can_make_no_others_stay_where_they_are() -> None:
    """They do not agree, and the logs are gone: nothing is touched, and the alarm on the lag calls."""
    vault = a_vault()
    kept = [item for item in backup(vault) if item["pk"] != f"W#{WORKSPACE}#L#log-1"]
    vault.use("lost-1", "bob")
    vault.next_day()
    vault.night()
    files = files_of(vault)

    restore(vault, kept)
    planned = vault.plan()

    assert (planned.jobs > 0, vault.work_off()) == (True, 1)
    assert files.items() <= files_of(vault).items()
    assert files_of(vault, SET_ASIDE) == {}
    assert not vault.unit(DAY).readable


def test_nothing_is_judged_by_books_that_do_not_agree_with_their_cells_yet() -> None:
    vault = Vault()
    vault.use("log-1")
    kept = backup(vault)
    vault.fold()
    vault.next_day()
    vault.night()
    files = files_of(vault)

    restore(vault, kept)
    vault.plan()

    assert vault.work_off() > 0
    assert files_of(vault) == files
    vault.clock.advance(minutes=30)
    DirectFolder(vault.table, vault.clock).fold(WORKSPACE, [vault.account("alice")])
    vault.night()
    assert files_of(vault) == files
    assert vault.unit(DAY).status == "done"


def test_what_a_lost_repricing_made_of_logs_leaves_the_archive() -> None:
    vault = Vault()
    vault.use("log-1")
    vault.next_day()
    vault.night()
    kept = backup(vault)
    vault.settle(request_picos=7_000_000_000)
    vault.reprice("alice", "log-1")
    vault.next_day()
    vault.night()
    assert [log.current.credits for log in vault.filed(DAY)] == [7]

    restore(vault, kept)
    vault.night()

    assert [log.repriced for log in vault.filed(DAY)] == [None]
    assert_whole(vault)


def test_it_may_die_before_any_call_and_no_file_is_lost() -> None:
    place = 0
    while True:
        vault = a_vault()
        kept = backup(vault)
        vault.use("lost-1", "bob")
        vault.next_day()
        vault.night()
        files = files_of(vault)
        restore(vault, kept)
        countdown = Countdown(vault, place, crash)
        try:
            vault.do(Job(WORKSPACE, USAGE_LOGS, DAY))
        except CrashError:
            there = files_of(vault) | {
                key.removeprefix(SET_ASIDE): data
                for key, data in files_of(vault, SET_ASIDE).items()
            }
            assert files.items() <= there.items()
        countdown.stop()
        vault.do(Job(WORKSPACE, USAGE_LOGS, DAY))

        assert vault.unit(DAY).status == "done"
        assert files_of(vault, SET_ASIDE) == {f"{SET_ASIDE}{k}": d for k, d in files.items()}
        assert_whole(vault)
        if not countdown.met:
            break
        place += 1
    assert place > 20
