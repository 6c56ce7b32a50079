"""A night goes on from the one before: it reads what was written since, and finds what it found before.

What was damaged long ago is found in the account's turn, once in `TURNS` nights; all else the same night.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import pytest

from functions.aggregate.schemas import arrivals_of
from functions.reconcile.service import Job, ProveAll
from shared.domain.archive import CHECKPOINTS
from shared.domain.calendar import add_days, local_day
from shared.domain.ids import account_id_of
from shared.domain.journal import Entry, sealed
from shared.reconcile.anchors import SignedCheckpoints
from shared.reconcile.rebuild import ClearRetired
from shared.reconcile.report import Report
from shared.reconcile.walk import TURNS, turn_of
from shared.reconcile.workspace import ProveWorkspace
from shared.store.items import entry_item, head_item
from shared.store.nights import DynamoNights
from shared.store.proofs import sources_of
from shared.store.schema import account_pk, cursor_key, log_key, system_key
from shared.store.system import DynamoSystem
from shared.store.table import Delete, Item, Put
from tests.archiving import Vault
from tests.factories import SECRET, WORKSPACE, a_usage
from tests.fakes.archive_ports import Signing
from tests.folding import Queue, folder, seeded
from tests.reconciling import DirectFolder

USERS = ("alice", "bob", "carol")


class Nightly(Vault):
    """A workspace that is archived and proved night after night."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0
        self._folded = 0

    def use(self, log_id: str, user: str = "alice", **changes: Any) -> None:
        """Record one usage log, of now unless told otherwise."""
        self.record(a_usage(log_id, user_id=user, **{"occurred_ms": self.clock.now_ms()} | changes))

    def fold(self) -> None:
        """Fold what was recorded since the last time."""
        records = self.table.stream_records(self._folded)
        self._folded += len(records)
        folder(self.table, self.clock)(arrivals_of(records))

    def prover(self) -> ProveAll:
        """The use case as an instance has it."""
        sources = sources_of(self.table, self.clock)
        folder = DirectFolder(self.table, self.clock)
        anchors = SignedCheckpoints(self.archives, self.checkpoints, self.signer)
        key = self.clock.random_bytes(16)
        return ProveAll(
            DynamoNights(self.table),
            self.workspaces,
            ProveWorkspace(sources, self.workspaces, key, folder=folder, anchors=anchors),
            ClearRetired(self.workspaces, sources.names, folder, self.clock),
            DynamoSystem(self.table),
            Queue(),
            self.clock,
        )

    def proof(self, seconds: float = 600) -> Report:
        """A night's proof, by as many instances as it takes."""
        self.clock.advance(minutes=10)
        job: Job | None = self.prover().begin()
        while job is not None:
            report = self.prover()(job, seconds)
            if report is not None:
                return report
            job = Job(job.run_id, job.step + 1)
        raise AssertionError

    def day(self, *users: str, logs: int = 2) -> None:
        """A day on which some use and all is folded and, when it is over, archived."""
        for user in users:
            for _ in range(logs):
                self.made += 1
                self.use(f"log-{self.made}", user, credits=3)
        self.night()
        self.next_day()
        self.night()

    def days(self, count: int, *users: str) -> Report:
        """Some days, each with its proof; the last of them."""
        for _ in range(count):
            self.day(*users)
            report = self.proof()
            assert report.drift == {}, report.findings
        return report

    def damage(self, part: str, sort: str, **changes: int) -> Item:
        """Add to figures of the first item whose keys are like that."""
        item = next(
            item
            for item in self.table.items()
            if part in str(item["pk"]) and str(item["sk"]).startswith(sort)
        )
        self.table.write(Put({**item, **{n: int(str(item[n])) + c for n, c in changes.items()}}))
        return item

    def journal(self, user: str) -> list[Entry]:
        """A user's entries."""
        return list(self.accounts.entries(WORKSPACE, self.account(user), 1, 10_000))


@pytest.fixture
def books() -> Nightly:
    """A week of three users, and a night after each day."""
    books = Nightly()
    books.days(7, *USERS)
    return books


def other_turn(books: Nightly, user: str) -> bool:
    """Whether it is not a user's turn in the next night."""
    kept = DynamoNights(books.table).footing(WORKSPACE)
    assert kept is not None
    turn: int = kept["turn"]
    return turn_of(books.account(user)) != turn


def test_a_night_reads_what_the_last_days_wrote_however_much_there_is(books: Nightly) -> None:
    before = books.table.units.reads
    books.day(*USERS)
    books.table.units.reads = 0
    early = books.proof()
    units = books.table.units.reads
    books.days(TURNS - 1, *USERS)
    books.day(*USERS)
    books.table.units.reads = 0
    later = books.proof()

    assert before
    assert early.whole == later.whole == 0
    assert early.entries == later.entries <= len(USERS) * 2 * 3
    assert books.table.units.reads <= units * 1.5
    assert sum(len(books.journal(user)) for user in USERS) > 10 * later.entries


def test_each_account_is_proved_from_its_first_entry_once_in_its_turn(books: Nightly) -> None:
    wholes = []
    for _ in range(TURNS):
        books.day(*USERS)
        wholes.append(books.proof().whole)

    assert sum(wholes) == len(USERS)


def test_turns_are_spread_over_the_nights() -> None:
    turns = [turn_of(account_id_of(SECRET, f"user-{number}")) for number in range(TURNS * 100)]

    assert min(map(turns.count, range(TURNS))) > 50


@pytest.mark.parametrize("seed", range(2))
def test_nights_find_nothing_wrong_in_books_that_are_right(seed: int) -> None:
    """Late usage, usage of the next day, purchases, repricings, users who rest and users who come."""
    random, books = seeded(seed), Nightly()
    users = [f"user-{number}" for number in range(3)]
    for number in range(TURNS + 7):
        if random.random() < 0.1:
            users.append(f"new-{number}")
        for user in random.sample(users, random.randrange(len(users) + 1)):
            now_ms = books.clock.now_ms()
            late = random.choice((0, 0, 3_600_000, 26 * 3_600_000, 40 * 24 * 3_600_000, -240_000))
            books.use(f"{number}-{user}", user, occurred_ms=now_ms - late)
            books.made += 1
            if random.random() < 0.3:
                books.buy(user)
            if random.random() < 0.1:
                books.fold()
                books.reprice(user, f"{number}-{user}")
            books.clock.advance(seconds=random.randrange(3_000))
        if random.random() < 0.8:
            books.fold()
        report = books.proof(random.choice((0, 600)))
        assert report.drift == {}, report.findings
        kept = DynamoNights(books.table).footing(WORKSPACE)
        assert kept is not None
        assert not number or kept["sinceMs"] is not None, "it was gone on from, to the end"
        books.next_day()
        books.night()


def test_an_entry_that_was_changed_since_the_checkpoint_is_found_the_same_night(
    books: Nightly,
) -> None:
    books.day(*USERS)
    assert other_turn(books, "alice")
    newest = books.journal("alice")[-1]
    books.table.write(Put(entry_item(replace(newest, amount=newest.amount + 1))))

    report = books.proof()

    assert report.drift["entries wrong"] == 1
    assert report.findings[0].place == f"entry {newest.seq}"


def test_an_old_entry_that_was_changed_is_found_in_the_turn_of_its_account(books: Nightly) -> None:
    old = books.journal("bob")[1]
    books.table.write(Put(entry_item(replace(old, amount=old.amount + 1))))

    for _ in range(TURNS):
        books.day(*USERS)
        turn = not other_turn(books, "bob")
        report = books.proof()
        if report.drift:
            break

    assert turn
    assert report.findings[0].place == "entry 2"
    books.day(*USERS)
    assert books.proof().drift["entries wrong"] == 1, "it is told night after night"


def test_a_journal_that_was_written_anew_from_an_old_entry_on_is_found_by_what_was_signed(
    books: Nightly,
) -> None:
    """Every hash follows from the one before, the head is right: nothing but the signature tells."""
    entries = books.journal("carol")
    head = books.accounts.head(WORKSPACE, books.account("carol"))
    assert head is not None
    previous = entries[4].previous_hash
    for entry in entries[4:]:
        forged = sealed(replace(entry, previous_hash=previous, nonce=b"another"))
        books.table.write(Put(entry_item(forged)))
        previous = forged.hash
    books.table.write(Put(head_item(replace(head, hash=previous))))

    report = books.proof()

    assert report.drift == {"checkpoints wrong": 1}
    assert report.findings[0].account_id == books.account("carol")


def test_an_account_that_rests_is_held_against_its_last_entry(books: Nightly) -> None:
    books.days(4, "alice")
    last = books.journal("bob")[-1]
    books.table.write(Put(entry_item(replace(last, nonce=b"another"))))
    books.day("alice")

    assert books.proof().drift["entries wrong"] == 1


@pytest.mark.parametrize("family", ["D", "M", "H", "X", "C", "P", "A"])
def test_a_shared_cell_of_any_day_that_was_damaged_is_found_the_same_night(
    books: Nightly, family: str
) -> None:
    books.damage(f"#C#1#{family}", "", **{"a1" if family == "A" else "rq": 3})

    report = books.proof()

    assert report.total == 3
    assert report.whole == len(USERS), "it was proved from the first entries before it was told"


def test_an_accounts_own_cell_of_the_last_day_is_found_the_same_night_an_old_one_in_turn(
    books: Nightly,
) -> None:
    books.day(*USERS)
    assert other_turn(books, "alice")
    yesterday = add_days(local_day(books.clock.now_ms(), books.workspace.zone), -1)
    books.damage(account_pk(WORKSPACE, books.account("alice")), f"C#1#D#{yesterday}", rq=1)
    assert books.proof().drift == {"cells requests": 1}
    books.damage(account_pk(WORKSPACE, books.account("alice")), f"C#1#D#{yesterday}", rq=-1)
    books.days(3, *USERS)

    books.damage(account_pk(WORKSPACE, books.account("bob")), "C#1#D#", cr=1)
    found = []
    for _ in range(TURNS):
        books.day(*USERS)
        turn = not other_turn(books, "bob")
        found.append((turn, books.proof().drift))
        if found[-1][1]:
            break
    assert found[-1] == (True, {"cells credits": 1})


@pytest.mark.parametrize("users", [("bob",), USERS])
def test_a_cursor_that_went_back_is_found_the_same_night(
    books: Nightly, users: tuple[str, ...]
) -> None:
    """Whether its account moves or has rested for days: what it would fold again is in the cells already."""
    books.days(3, *users)
    books.day(*users)
    assert other_turn(books, "alice")
    books.table.write(Delete(cursor_key(WORKSPACE, books.account("alice"), 1)))

    assert books.proof().drift.keys() & {"cursors wrong", "cells requests"}


@pytest.mark.parametrize("late_days", [0, 30])
def test_a_log_of_the_last_day_that_was_lost_or_changed_is_found_the_same_night(
    books: Nightly, late_days: int
) -> None:
    occurred_ms = books.clock.now_ms() - late_days * 86_400_000
    for name in ("lost", "changed"):
        books.use(name, "alice", occurred_ms=occurred_ms)
    books.day(*USERS)
    assert other_turn(books, "alice")
    item = books.table.get(log_key(WORKSPACE, "changed"))
    assert item is not None
    books.table.write(Put({**item, "cr": 77}))
    assert books.proof().drift == {"logs credits": 77 - int(str(item["cr"]))}
    books.table.write(Put(item))
    books.table.write(Delete(log_key(WORKSPACE, "lost")))

    report = books.proof()

    assert report.drift == {}
    assert report.archived == 1, "the archive had it already"


def test_late_usage_in_one_entry_with_usage_of_now_is_counted_once(books: Nightly) -> None:
    now_ms = books.clock.now_ms()
    rows = [
        a_usage(f"mixed-{days}", user_id="alice", occurred_ms=now_ms - days * 86_400_000)
        for days in (0, 30)
    ]
    books.record(*rows)
    books.day(*USERS)
    assert other_turn(books, "alice")

    report = books.proof()

    assert (report.drift, report.whole) == ({}, 0)


def _forge(books: Nightly, name: str, data: bytes) -> None:
    for archive in books.archives.units(WORKSPACE, CHECKPOINTS):
        if archive.parts:
            key = archive.key_of(archive.parts[0]).replace("checkpoint.json", name)
            books.checkpoints.content[key] = data


@pytest.mark.parametrize("fault", ["signed by another", "unsigned", "another list", "missing"])
def test_without_a_checkpoint_to_be_trusted_accounts_are_proved_whole_and_it_is_told(
    books: Nightly, fault: str
) -> None:
    books.day(*USERS)
    if fault == "signed by another":
        books.signer = Signing()
    elif fault == "unsigned":
        _unsign(books)
    elif fault == "another list":
        _forge(books, "heads.txt", b"")
    else:
        _forge(books, "checkpoint.json", b"")

    report = books.proof()

    assert (report.drift, report.whole, report.unanchored) == ({}, 3, 3)
    assert len(report.doubts) == 6, "days that are over long enough"
    assert report.entries == sum(len(books.journal(user)) for user in USERS)


def _unsign(books: Nightly) -> None:
    content = books.checkpoints.content
    for key in [key for key in content if key.endswith("checkpoint.json")]:
        content[key] = content[key].replace(b'"signature"', b'"none"')


def test_sums_that_were_changed_are_made_anew_and_no_drift_is_told(books: Nightly) -> None:
    nights = DynamoNights(books.table)
    kept: Any = nights.footing(WORKSPACE)
    kept["shared"]["groups"][0][2] += 1
    nights.keep_footing(WORKSPACE, kept)

    report = books.proof()

    assert (report.drift, report.whole) == ({}, 3)


@pytest.mark.parametrize("kept", [b"", zlib.compress(b"{}")])
def test_sums_that_cannot_be_read_are_made_anew(books: Nightly, kept: bytes) -> None:
    key = system_key(f"FOOTING#{WORKSPACE}")
    books.table.write(Put({**key, "v": 1, "kp": kept}))

    report = books.proof()

    assert (report.drift, report.whole) == ({}, 3)


def test_a_day_that_is_archived_while_a_proof_lasts_is_left_to_the_next(books: Nightly) -> None:
    books.clock.advance(minutes=10)
    prove = ProveWorkspace(sources_of(books.table, books.clock), books.workspaces, bytes(16))
    walk = prove.begin(WORKSPACE)
    assert len(list(prove.go_on(walk))) == len(USERS)
    books.day(*USERS)

    assert prove.end(walk).drift == {}
