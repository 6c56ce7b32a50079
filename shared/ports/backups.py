"""Backups of the table."""

from __future__ import annotations

from typing import Protocol

from shared.domain.backups import Backup


class Backups(Protocol):
    """The backups of the table in use."""

    def made(self) -> list[Backup]:
        """All there are."""

    def make(self, name: str) -> Backup:
        """Begin a backup; it shows the table as it is about now."""

    def drop(self, backup: Backup) -> None:
        """Remove a backup. One that is not there any more is fine."""
