"""Lets the table drop the logs of a unit that is written, read back and verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from shared.archive.files import LOGS, Files, read_part
from shared.archive.units import Units
from shared.domain.archive import USAGE_LOGS, Archive
from shared.domain.usage import UsageLog
from shared.ports.runtime import Clock


class Letting(Protocol):
    """The table's own expiry."""

    def let_go(self, logs: Sequence[UsageLog], retention_days: int) -> None:
        """Have the table drop logs when their time is over."""


class LetGo:
    """Gives every log of a unit its time to go.

    The rows come from the files, which are held against their hashes once more: what is not in a file that
    can be read now gets no such time, whatever else went wrong.
    """

    def __init__(self, units: Units, letting: Letting, files: Files, clock: Clock) -> None:
        self._units = units
        self._letting = letting
        self._files = files
        self._clock = clock

    def __call__(self, archive: Archive, deadline: float) -> Archive:
        """Go on with a written unit until it is done, or the clock that never jumps passes the deadline.

        Raises:
            DamagedError: a file is not the one that was verified.
            SupersededError: somebody else has taken it on.
        """
        if archive.unit.kind != USAGE_LOGS:
            # Journals are kept for ever: the archive has a copy.
            return self._units.save(replace(archive, status="done"), archive)
        passed = 0
        for part in archive.parts:
            if passed + part.rows <= archive.stamped:
                passed += part.rows
                continue
            for logs in read_part(self._files, archive, part, LOGS):
                passed += len(logs)
                if passed <= archive.stamped:
                    continue
                self._letting.let_go(logs, archive.retention_days)
                if self._clock.monotonic() > deadline:
                    return self._units.save(replace(archive, stamped=passed), archive)
            archive = self._units.save(replace(archive, stamped=passed), archive)
        return self._units.save(replace(archive, status="done", stamped=passed), archive)
