"""Deletes the cells of a generation that was retired, once nobody can be reading or filling it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol

from shared.domain.errors import ConflictRetryError
from shared.domain.folding import Place
from shared.domain.workspace import RETIRED_FOR_MS
from shared.ports.generations import Generations
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces

AT_ONCE: Final = 200
"""Keys deleted between two looks at the clock."""

Key = dict[str, str]


class RetiredCells(Protocol):
    """Everything of one generation."""

    def private(self, place: Place) -> Iterator[Key]:
        """An account's cells, cursor and mark."""

    def shared(self, workspace_id: str, generation: int) -> Iterator[Key]:
        """A workspace's shared cells."""

    def delete(self, key: Key) -> None:
        """Delete one; it may be gone already."""


class ClearCells:
    """The use case. What it did not finish, the same call goes on with. Shared cells go last."""

    def __init__(
        self,
        cells: RetiredCells,
        workspaces: Workspaces,
        generations: Generations,
        clock: Clock,
        spread: Spread,
    ) -> None:
        self._cells = cells
        self._workspaces = workspaces
        self._generations = generations
        self._clock = clock
        self._spread = spread

    def __call__(
        self, workspace_id: str, generation: int, accounts: Sequence[str], seconds: float
    ) -> bool:
        """Delete what there is of some accounts, or (none named) the shared cells; True when all is gone.

        With the shared cells, the generation is forgotten.

        Raises:
            NotFoundError: there is no such workspace.
            ConflictRetryError: the generation is not retired, or not long enough.
        """
        workspace = self._workspaces.get(workspace_id)
        retired_for_ms = self._clock.now_ms() - workspace.retired_ms
        if workspace.retired != generation or retired_for_ms < RETIRED_FOR_MS:
            raise ConflictRetryError("The generation may still be read.")
        until = self._clock.monotonic() + seconds
        keys = iter(self._keys(workspace_id, generation, accounts))
        while some := list(islice(keys, AT_ONCE)):
            for _ in self._spread(self._cells.delete, some):
                pass
            if self._clock.monotonic() >= until:
                return False
        if not accounts:
            self._generations.cleared(workspace_id, generation)
        return True

    def _keys(self, workspace_id: str, generation: int, accounts: Sequence[str]) -> Iterable[Key]:
        if not accounts:
            return self._cells.shared(workspace_id, generation)
        return (
            key
            for account_id in accounts
            for key in self._cells.private(Place(workspace_id, generation, account_id))
        )
