"""Which backups are there to be, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.domain.calendar import utc_text

DAILY_PREFIX: Final = "tally-daily-"
"""Backups that are made and dropped by the clock. Those with another name are an operator's to drop."""

ALWAYS_KEPT: Final = 3
"""So many daily backups stay, however old: when none are made any more, the last must not go."""

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup of the table. `address` is its ARN; one that is not `ready` cannot be restored yet."""

    name: str
    address: str
    made_ms: int
    ready: bool = True


def daily_name(at_ms: int) -> str:
    """The name of the backup of a day, by UTC."""
    return DAILY_PREFIX + utc_text(at_ms)[:10]


def outdated(backups: Iterable[Backup], days: int, now_ms: int) -> list[Backup]:
    """The daily backups that have been kept for `days`, but for the newest few that can be restored."""
    daily = [backup for backup in backups if backup.name.startswith(DAILY_PREFIX) and backup.ready]
    daily.sort(key=lambda backup: backup.made_ms, reverse=True)
    return [b for b in daily[ALWAYS_KEPT:] if now_ms - b.made_ms >= days * DAY_MS]
