"""Units of the archive taken on by one attempt at a time, and finished with a manifest."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from shared.archive.files import MEDIA_TYPE, DamagedError, Files
from shared.archive.manifests import manifest_of_unit
from shared.domain.archive import SET_ASIDE, Archive, Unit, manifest_of
from shared.domain.workspace import Workspace
from shared.http import json
from shared.ports.runtime import Clock


class SupersededError(Exception):
    """Another worker has taken on this unit."""


class Archives(Protocol):
    """Units and how far they are."""

    def get(self, unit: Unit) -> Archive | None:
        """A unit; None while nobody took it on."""

    def save(self, archive: Archive, expected: Archive | None) -> bool:
        """Write a unit over what was read; False when it is another attempt's by now."""


class Units:
    """Claims units, and writes down what became of them."""

    def __init__(self, archives: Archives, files: Files, clock: Clock) -> None:
        self._archives = archives
        self._files = files
        self._clock = clock

    def get(self, unit: Unit) -> Archive | None:
        """A unit; None while nobody took it on."""
        return self._archives.get(unit)

    def claim(self, archive: Archive, found: Archive | None) -> Archive:
        """Take a unit on: whoever had it before can write nothing down any more.

        Raises:
            SupersededError: somebody else took it on just now.
        """
        # A table that was restored knows less than the bucket: its attempts go on after those of the files.
        files = map(archive.attempt_of, self._files.keys(archive.unit.folder))
        known = max(max(files, default=0), archive.attempt)
        claimed = replace(archive, attempt=known + 1, updated_ms=self._clock.now_ms())
        if not self._archives.save(claimed, found):
            raise SupersededError
        return claimed

    def save(self, archive: Archive, expected: Archive) -> Archive:
        """Write down how far a claimed unit is.

        Raises:
            SupersededError: somebody else has taken it on; what this attempt wrote for nothing is gone.
        """
        now = replace(archive, updated_ms=self._clock.now_ms())
        if not self._archives.save(now, expected):
            self._discard(archive)
            raise SupersededError
        return now

    def _discard(self, archive: Archive) -> None:
        """Take away files of this attempt that are not part of the unit: whoever has it now may be done."""
        current = self._archives.get(archive.unit)
        kept = set() if current is None else set(map(current.key_of, current.parts))
        found = self._files.keys(archive.unit.folder)
        mine = [key for key in found if archive.attempt_of(key) == archive.attempt]
        self._files.delete([key for key in mine if key not in kept])

    def publish(self, workspace: Workspace, archive: Archive) -> None:
        """Write a unit's manifest, and take away files of attempts that came to nothing.

        Repeating it changes nothing. Who was overtaken meanwhile finds out after writing, and writes down
        what the one who overtook has made of the unit; the files of later attempts are not theirs to take.
        """
        if archive.left:
            self._set_aside(archive)
        current: Archive | None = archive
        while current is not None:
            written = current
            self._tell(workspace, written)
            current = self._archives.get(written.unit)
            if current is not None and current.parts == written.parts:
                break
        kept = {archive.unit.manifest_key, *map(archive.key_of, archive.parts)}
        found = self._files.keys(archive.unit.folder)
        doomed = [key for key in found if 0 < archive.attempt_of(key) <= archive.attempt]
        self._files.delete([key for key in doomed if key not in kept])

    def _tell(self, workspace: Workspace, archive: Archive) -> None:
        """Write the manifest; one that names no file is none."""
        if not archive.parts:
            self._files.delete([archive.unit.manifest_key])
            return
        with self._files.create(archive.unit.manifest_key, "application/json") as file:
            file.write(json.dump(manifest_of(archive, workspace.timezone, workspace.zone)))

    def _set_aside(self, archive: Archive) -> None:
        """Copy files that a restore has left, and their manifest, to where no engine reads them.

        Raises:
            DamagedError: a copy is not what was copied.
        """
        left = manifest_of_unit(self._files, archive.unit)
        if left is None or left.attempt != archive.left:
            return
        for key in (*map(left.key_of, left.parts), left.unit.manifest_key):
            data = self._files.read(key)
            if data is None:
                continue
            with self._files.create(f"{SET_ASIDE}{key}", MEDIA_TYPE) as copy:
                copy.write(data)
            if self._files.read(f"{SET_ASIDE}{key}") != data:
                raise DamagedError(f"{key} could not be copied")
