"""The backup of the day is made; those kept long enough go.

A run that is repeated finds today's and makes no other. Old ones go only after today's has been begun, and
never the newest few: a clock that jumps or a limit set too low costs no more than it has to.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.backups import daily_name, outdated
from shared.ports.backups import Backups
from shared.ports.runtime import Clock


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to. `made` is False where today's backup was there already."""

    name: str
    made: bool
    dropped: int
    kept: int


class DailyBackup:
    """Makes the backup of the day."""

    def __init__(self, backups: Backups, clock: Clock, days: int) -> None:
        self._backups = backups
        self._clock = clock
        self._days = days

    def __call__(self) -> Report:
        """Make today's, then drop what is outdated."""
        now_ms = self._clock.now_ms()
        name = daily_name(now_ms)
        there = self._backups.made()
        missing = name not in {backup.name for backup in there}
        if missing:
            there.append(self._backups.make(name))
        old = outdated(there, self._days, now_ms)
        for backup in old:
            self._backups.drop(backup)
        return Report(name, missing, len(old), len(there) - len(old))
