"""Reads of a workspace's journals together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from shared.domain.journal import Kind
from shared.domain.transactions import ListedEntry
from shared.domain.workspace import Workspace


class Journal(Protocol):
    """Reads of all journals of a workspace together, from an index that follows them after a moment."""

    def between(
        self,
        workspace_id: str,
        kinds: Sequence[Kind],
        start_ms: int | None,
        end_ms: int | None,
        *,
        descending: bool,
        after: str | None = None,
        expected: int,
    ) -> Iterator[tuple[str, ListedEntry]]:
        """`(key to go on from, entry)` of a half-open range of `createdAt`, in order of time.

        About `expected` of them are read at once.
        """

    def folded(self, workspace: Workspace, account_ids: Sequence[str]) -> dict[str, int]:
        """Up to which entry accounts' journals are in the cells of transactions, consistently."""
