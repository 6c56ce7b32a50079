"""Making all cells of a workspace anew from its journals, while writes and reads go on.

1. A new generation is named in the settings. From then on whoever folds, folds into both.
2. It is filled: each account's journal is folded from its first entry, by the same code and under the same
   cursors as ever, so that nothing counts twice whoever folds at the same time.
3. It is proved against the journals.
4. Accounts that are further in the old generation than in the new one are folded once more, and one write
   makes the new one the one that is read. It is whole by then: nobody sees less than before.
5. Once nobody can be reading the old one any more, it is deleted.

A crash anywhere is mended by doing it again: cursors and settings tell how far it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from shared.domain.errors import ConflictRetryError
from shared.domain.folding import Place
from shared.domain.workspace import RETIRED_FOR_MS
from shared.ports.accounts import Accounts
from shared.ports.generations import Generations
from shared.ports.proofs import Proofs
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces
from shared.reconcile.report import Report
from shared.reconcile.sources import CALLS, AccountNames, Folder, fold_all
from shared.reconcile.workspace import ProveWorkspace

CHUNK: Final = 100
"""Accounts handed to the folder at once."""

CELLS: Final = ("cells", "cursors", "accounts", "entries")
"""What must be in order before a generation is read; logs and alerts are another matter."""


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild came to. Without `flipped`, `report` says what is wrong with the new generation."""

    generation: int
    accounts: int = 0
    filled: int = 0
    flipped: bool = False
    report: Report = field(default_factory=Report)


class RebuildCells:
    """The use case."""

    def __init__(
        self,
        generations: Generations,
        workspaces: Workspaces,
        names: AccountNames,
        accounts: Accounts,
        proofs: Proofs,
        folder: Folder,
        prove: ProveWorkspace,
        spread: Spread,
    ) -> None:
        self._generations = generations
        self._workspaces = workspaces
        self._names = names
        self._accounts = accounts
        self._proofs = proofs
        self._folder = folder
        self._prove = prove
        self._spread = spread

    def __call__(self, workspace_id: str) -> Rebuilt:
        """Fill a new generation, prove it, and have it read.

        Raises:
            NotFoundError: there is no such workspace.
            ConflictRetryError: an old generation is not cleared away yet.
        """
        generation = self._generations.begin(workspace_id)
        rebuilt = Rebuilt(generation)
        rebuilt.accounts, rebuilt.filled = self._fill(workspace_id, generation)
        rebuilt.report = self._prove(workspace_id, generation)
        if not any(what.split(" ")[0] in CELLS for what in rebuilt.report.drift):
            self._catch_up(workspace_id, generation)
            self._generations.flip(workspace_id, generation)
            rebuilt.flipped = True
        return rebuilt

    def _fill(self, workspace_id: str, generation: int) -> tuple[int, int]:
        """Fold what is not folded yet; how many accounts there are, and how many were behind."""
        counts = list(
            self._spread(
                lambda chunk: (len(chunk), self._fill_chunk(workspace_id, generation, chunk)),
                self._chunks(workspace_id),
            )
        )
        return sum(count for count, _ in counts), sum(filled for _, filled in counts)

    def _fill_chunk(self, workspace_id: str, generation: int, chunk: Sequence[str]) -> int:
        places = [Place(workspace_id, generation, account_id) for account_id in chunk]
        progress = self._proofs.progress(places)
        heads = self._accounts.heads(workspace_id, chunk)
        behind = [
            place.account_id
            for place in places
            if place.account_id in heads
            and progress[place].cursor.seq < heads[place.account_id].seq
        ]
        fold_all(self._folder, workspace_id, behind)
        return len(behind)

    def _catch_up(self, workspace_id: str, generation: int) -> None:
        """See to it that no account is further in the old generation than in the new one."""
        shown = self._workspaces.get(workspace_id).generation
        if shown == generation:
            return

        def catch_up(chunk: Sequence[str]) -> None:
            new = {account: Place(workspace_id, generation, account) for account in chunk}
            old = {account: Place(workspace_id, shown, account) for account in chunk}
            at = self._proofs.progress([*new.values(), *old.values()])
            fold_all(
                self._folder,
                workspace_id,
                [a for a in chunk if at[new[a]].cursor < at[old[a]].cursor],
            )

        for _ in self._spread(catch_up, self._chunks(workspace_id)):
            pass

    def _chunks(self, workspace_id: str) -> Iterator[list[str]]:
        return chunks(self._names, workspace_id)


class ClearRetired:
    """The last step of a rebuild, when its time has come."""

    def __init__(
        self, workspaces: Workspaces, names: AccountNames, folder: Folder, clock: Clock
    ) -> None:
        self._workspaces = workspaces
        self._names = names
        self._folder = folder
        self._clock = clock

    def due(self, workspace_id: str) -> bool:
        """Whether there is a retired generation that nobody can be reading any more."""
        workspace = self._workspaces.get(workspace_id)
        retired_for_ms = self._clock.now_ms() - workspace.retired_ms
        return bool(workspace.retired) and retired_for_ms >= RETIRED_FOR_MS

    def __call__(self, workspace_id: str) -> None:
        """Delete it: accounts first, for with the shared cells it is forgotten."""
        retired = self._workspaces.get(workspace_id).retired
        for chunk in chain(chunks(self._names, workspace_id), [[]]):
            for _ in range(CALLS):
                if self._folder.clear(workspace_id, retired, chunk):
                    break
            else:
                raise ConflictRetryError("The old generation could not be cleared away.")


def chunks(names: AccountNames, workspace_id: str) -> Iterator[list[str]]:
    """All accounts of a workspace, some at a time."""
    rest = iter(names.accounts_after(workspace_id, None))
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
