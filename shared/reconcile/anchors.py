"""Checkpoints that can be trusted: signed statements of where accounts stood at the end of a day.

Which attempt at a day counts is known from the table. That it is what was signed, and that the list of heads
is the one it covers, does not depend on the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Final, Protocol

from shared.domain.archive import Archive
from shared.domain.checkpoints import (
    HEADS_SUFFIX,
    STATEMENT_SUFFIX,
    HeadMark,
    Signature,
    checkpoint_from,
    marks_of,
)

LISTS: Final = 14
"""Days with movements that are looked through for an account's latest mark."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The marks of one checkpoint by account, or what is wrong with it."""

    marks: dict[str, HeadMark] = field(default_factory=dict)
    problem: str | None = None


class Anchors(Protocol):
    """Where accounts stood for certain."""

    def lists(self, workspace_id: str, through: str) -> Iterator[Listed]:
        """The checkpoints from a day backwards, each read when it is asked for."""


class Units(Protocol):
    """Which checkpoints there are."""

    def checkpoints(self, workspace_id: str, through: str) -> Iterator[Archive]:
        """Those that are done, from a day backwards."""


class Files(Protocol):
    """Where they lie."""

    def read(self, key: str) -> bytes | None:
        """A whole file; None when there is none."""


class Trusted(Protocol):
    """The key that is trusted."""

    def holds(self, signature: Signature, digest: bytes) -> bool:
        """Whether a signature is one of a digest by it; never where nothing signs."""


class SignedCheckpoints:
    """`Anchors` of checkpoints whose signature holds."""

    def __init__(self, units: Units, files: Files, key: Trusted) -> None:
        self._units = units
        self._files = files
        self._key = key

    def lists(self, workspace_id: str, through: str) -> Iterator[Listed]:
        """The checkpoints from a day backwards, each read when it is asked for."""
        for archive in islice(self._units.checkpoints(workspace_id, through), LISTS):
            try:
                yield Listed(self._marks(archive))
            except ValueError as error:
                yield Listed(problem=f"the checkpoint of {archive.unit.period}: {error}")

    def _marks(self, archive: Archive) -> dict[str, HeadMark]:
        """The marks of a checkpoint.

        Raises:
            ValueError: it is not to be trusted.
        """
        key = archive.key_of(archive.parts[0])
        statement, signature = checkpoint_from(json.loads(self._files.read(key) or b"{}"))
        if (statement.workspace_id, statement.day) != archive.unit[::2]:
            raise ValueError("it is one of another day or workspace")
        if signature is None:
            raise ValueError("nobody signed it")
        if not self._key.holds(signature, statement.digest):
            raise ValueError("its signature does not hold")
        heads = self._files.read(key.removesuffix(STATEMENT_SUFFIX) + HEADS_SUFFIX) or b""
        if sha256(heads).hexdigest() != statement.root:
            raise ValueError("its list of heads is not the one that it covers")
        return {mark.account_id: mark for mark in marks_of(heads.decode().splitlines())}
