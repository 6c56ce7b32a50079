"""Rows of written units changed: texts of erased users go, what a repricing made of logs comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from shared.archive.files import LOGS, DamagedError, Files, part_bytes, write_part
from shared.archive.units import Archives, SupersededError, Units
from shared.domain.archive import RECORDED, USAGE_LOGS, Archive, Part, Unit, agree
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock

ATTEMPTS: Final = 5
"""Who has a day in hand writes down what they did every few seconds, and lets go of it then."""

Change = Callable[[Sequence[UsageLog]], Sequence[UsageLog]]
"""Some logs as they are to be, in their order; those that stay are the same objects or equal ones."""


class RewriteLogs:
    """Rewrites those parts of a unit of logs in which something changes, and no others."""

    def __init__(self, units: Units, files: Files) -> None:
        self._units = units
        self._files = files

    def __call__(
        self, workspace: Workspace, unit: Unit, concerns: Callable[[Part], bool], change: Change
    ) -> bool:
        """Change a unit that is written; whether there was anything to change.

        Safe to repeat: parts change in one step with the unit's state, and readers go by that.

        Raises:
            SupersededError: somebody else has taken the unit on.
            DamagedError: a file is not the one that was verified.
        """
        found = self._units.get(unit)
        if found is None or not found.readable:
            return False
        archive: Archive | None = None
        for number, part in enumerate(found.parts):
            if not concerns(part):
                continue
            data = part_bytes(self._files, found, part)
            if not self._changes(unit.workspace_id, data, change):
                continue
            archive = archive or self._units.claim(found, found)
            rows = self._changed(unit.workspace_id, data, change)
            written = write_part(self._files, archive, number, LOGS, rows)
            recorded = {name: part.sums[name] for name in RECORDED}
            if written.rows != part.rows or not agree(written.sums, recorded):
                raise DamagedError(f"{written.name} lost rows of {part.name}")
            # What only the journal knows of a part stays as it was.
            archive = archive.with_part(number, replace(written, sums=part.sums | written.sums))
        if archive is None:
            return False
        archive = self._units.save(archive, archive)
        self._units.publish(workspace, archive)
        return True

    def _changes(self, workspace_id: str, data: bytes, change: Change) -> bool:
        return any(list(change(logs)) != logs for logs in LOGS.read(workspace_id, data))

    def _changed(
        self, workspace_id: str, data: bytes, change: Change
    ) -> Iterator[Sequence[UsageLog]]:
        return (change(logs) for logs in LOGS.read(workspace_id, data))


def without_texts(erased: frozenset[str]) -> Change:
    """Takes away what was noted of the users behind some accounts."""

    def change(logs: Sequence[UsageLog]) -> list[UsageLog]:
        return [
            replace(log, metadata=None, request_id=None) if log.account_id in erased else log
            for log in logs
        ]

    return change


class EraseTexts:
    """Takes what was noted of erased users out of days of the archive."""

    def __init__(self, archives: Archives, files: Files, clock: Clock) -> None:
        self._rewrite = RewriteLogs(Units(archives, files, clock), files)
        self._clock = clock

    def __call__(self, workspace: Workspace, day: str, account_id: str) -> None:
        """Take the texts of one account's logs out of a local day, if it is archived yet.

        One that is being archived right now is looked at by who does so, when it is written.

        Raises:
            SupersededError: others keep changing the day; to be tried again.
        """
        unit = Unit(workspace.workspace_id, USAGE_LOGS, day)
        clean = without_texts(frozenset({account_id}))
        for left in reversed(range(ATTEMPTS)):
            try:
                self._rewrite(workspace, unit, lambda p: p.first <= account_id <= p.last, clean)
            except (SupersededError, DamagedError):
                if not left:
                    raise
                self._clock.sleep(self._clock.uniform(0.0, 1.0))
            else:
                return
