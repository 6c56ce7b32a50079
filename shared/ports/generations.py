"""Generations of a workspace's cells: which one is read, which is being filled, which is to go."""

from __future__ import annotations

from typing import Protocol


class Generations(Protocol):
    """Turns from one generation to the next. Repeating a call changes nothing."""

    def begin(self, workspace_id: str) -> int:
        """Have a new generation filled beside the one that is read; the one being filled, if there is.

        Raises:
            NotFoundError: there is no such workspace.
            ConflictRetryError: another generation is to be cleared away first.
        """

    def flip(self, workspace_id: str, filling: int) -> None:
        """Have answers read from the generation that was filled; the other one is retired.

        Raises:
            ConflictRetryError: it is not being filled any more.
        """

    def give_up(self, workspace_id: str) -> None:
        """Stop filling; what there is of it is retired."""

    def cleared(self, workspace_id: str, retired: int) -> None:
        """Note that nothing is left of a retired generation."""
