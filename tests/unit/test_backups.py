"""Which daily backups go, and which stay whatever happens (OPS-2)."""

from __future__ import annotations

from functions.backup.service import DailyBackup
from shared.domain.backups import ALWAYS_KEPT, DAY_MS, Backup, daily_name, outdated
from tests.fakes.clock import START_MS, FakeClock


class Shelf:
    """Backups in memory; a new one is not ready at once."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.backups: list[Backup] = []

    def made(self) -> list[Backup]:
        return list(self.backups)

    def make(self, name: str) -> Backup:
        backup = Backup(name, f"address of {name}", self._clock.now_ms(), ready=False)
        self.backups.append(backup)
        return backup

    def drop(self, backup: Backup) -> None:
        self.backups.remove(backup)

    def finish(self) -> None:
        self.backups = [Backup(b.name, b.address, b.made_ms) for b in self.backups]


def _days(*ages: int, ready: bool = True) -> list[Backup]:
    moments = [START_MS - age * DAY_MS for age in ages]
    return [Backup(daily_name(at), str(at), at, ready) for at in moments]


def test_a_month_of_nights_leaves_the_days_that_are_asked_for() -> None:
    clock = FakeClock()
    shelf = Shelf(clock)
    for _ in range(30):
        DailyBackup(shelf, clock, 7)()
        shelf.finish()
        clock.advance(days=1)

    newest = [daily_name(clock.now_ms() - age * DAY_MS) for age in range(1, 8)]
    assert sorted(backup.name for backup in shelf.backups) == sorted(newest)


def test_a_night_that_is_repeated_makes_one_backup() -> None:
    clock = FakeClock()
    shelf = Shelf(clock)
    make = DailyBackup(shelf, clock, 7)

    assert (make().made, make().made) == (True, False)
    assert [backup.name for backup in shelf.backups] == [daily_name(START_MS)]


def test_the_newest_stay_when_none_has_been_made_for_long() -> None:
    old = _days(100, 101, 102, 103, 104)

    assert outdated(old, 7, START_MS) == old[ALWAYS_KEPT:]


def test_a_backup_that_cannot_be_restored_yet_replaces_none() -> None:
    """Whether it will ever be ready is not known: so the newest three that are stay."""
    ready = _days(8, 9, 10)

    assert outdated(_days(0, ready=False) + ready, 7, START_MS) == []


def test_backups_of_operators_stay() -> None:
    own = [Backup(f"before-{n}", str(n), START_MS - n * 100 * DAY_MS) for n in range(9)]

    assert outdated(own, 7, START_MS) == []
