"""Pages of an account's journal: exact totals and any page, without counting rows.

Every entry carries running totals of its kinds, so how many entries of some kinds a range holds is the
difference of two of them, and the n-th such entry is found by bisection. The entries of a page are looked
for side by side: it costs its own rows and about log₂ n rounds of reads, however long the journal is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from functions.transactions.searching import Looked
from shared.domain.head import Head
from shared.domain.journal import KINDS, Entry, Kind
from shared.ports.accounts import Accounts

READ_THROUGH: Final = 200
"""Entries between the first and the last of a page that are read through rather than looked for one by
one: a hundred kilobytes, at most a few more calls."""

LOOKED_AT_ONCE: Final = 250
"""Entries that a walk through a whole journal reads at once."""

FOUND_AT_ONCE: Final = 50
"""The same where each may have to be looked for."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Entries `first` … `last` of an account, of some kinds (all kinds by default)."""

    head: Head
    first: int
    last: int
    kinds: tuple[Kind, ...] = KINDS

    @property
    def everything(self) -> bool:
        """Whether every entry of the range is selected."""
        return len(self.kinds) == len(KINDS)


@dataclass(frozen=True, slots=True)
class JournalPage:
    """The entries of a page, how many are selected in all, and the number to go on from."""

    entries: list[Entry]
    total: int
    next_seq: int | None


class JournalPages:
    """Reads pages of a selection."""

    def __init__(self, accounts: Accounts, selection: Selection) -> None:
        self._accounts = accounts
        self._selection = selection
        self._counts: dict[int, int] = {0: 0}
        self._read = 0
        self._learn([selection.first - 1, selection.last])
        self._before_first = self._counts[selection.first - 1]
        self._total = self._counts[selection.last] - self._before_first

    def page(
        self, *, offset: int, limit: int, descending: bool, after: int | None = None
    ) -> JournalPage:
        """`limit` entries after the first `offset`, or after the entry numbered `after`."""
        if after is not None:
            offset = self._rank_after(after, descending=descending)
        entries = self._ranked(offset, min(offset + limit, self._total), descending=descending)
        more = offset + len(entries) < self._total
        return JournalPage(entries, self._total, entries[-1].seq if more and entries else None)

    def walk(self, *, descending: bool, after: int | None = None) -> Iterator[Looked[Entry]]:
        """Every selected entry, or those after the one numbered `after`, and what reading them took."""
        rank = 0 if after is None else self._rank_after(after, descending=descending)
        at_once = LOOKED_AT_ONCE if self._selection.everything else FOUND_AT_ONCE
        while rank < self._total:
            end = min(rank + at_once, self._total)
            read = self._read
            entries = self._ranked(rank, end, descending=descending)
            looked_for = self._read - read - len(entries)
            for number, entry in enumerate(entries, start=1):
                yield Looked(str(entry.seq), entry, read + looked_for + number)
            rank = end

    def _rank_after(self, seq: int, *, descending: bool) -> int:
        """How many selected entries come up to and with the one numbered `seq`."""
        bounded = min(max(seq, self._selection.first - 1), self._selection.last)
        self._learn([bounded])
        up_to = self._counts[bounded] - self._before_first
        if not descending:
            return up_to
        newer = self._total - up_to
        return newer + (1 if seq <= self._selection.last and up_to else 0)

    def _ranked(self, start: int, end: int, *, descending: bool) -> list[Entry]:
        """The selected entries from one rank (0 …) of the order up to another."""
        if start >= end:
            return []
        if descending:
            return self._oldest_first(self._total - end + 1, self._total - start)[::-1]
        return self._oldest_first(start + 1, end)

    def _oldest_first(self, first: int, last: int) -> list[Entry]:
        """The `first` (1 …) to the `last` selected entry by number."""
        begin, end = self._numbers([first, last])
        chosen = self._selection
        workspace_id, account_id = chosen.head.workspace_id, chosen.head.account_id
        if chosen.everything or end - begin < max(READ_THROUGH, last - first + 1):
            between = list(self._accounts.entries(workspace_id, account_id, begin, end))
            self._read += len(between)
            return [entry for entry in between if (entry.reason, entry.type) in chosen.kinds]
        numbers = self._numbers(range(first, last + 1))
        self._read += len(numbers)
        return self._accounts.entries_at(workspace_id, account_id, numbers)

    def _numbers(self, ranks: Sequence[int]) -> list[int]:
        """The numbers of the selected entries with these ranks (1 …), bisected side by side."""
        first, last = self._selection.first, self._selection.last
        if self._selection.everything:
            return [first + rank - 1 for rank in ranks]
        bounds = dict.fromkeys(ranks, (first, last))
        while True:
            middles = {r: (low + high) // 2 for r, (low, high) in bounds.items() if low < high}
            if not middles:
                return [bounds[rank][0] for rank in ranks]
            self._learn(middles.values())
            for rank, middle in middles.items():
                low, high = bounds[rank]
                enough = self._counts[middle] - self._before_first >= rank
                bounds[rank] = (low, middle) if enough else (middle + 1, high)

    def _learn(self, numbers: Iterable[int]) -> None:
        """See to it that `_counts` says how many selected entries there are up to these numbers."""
        unknown = set(numbers) - self._counts.keys()
        if self._selection.everything:
            self._counts |= {seq: seq for seq in unknown}
            return
        self._read += len(unknown)
        for seq, standing in self._accounts.standings_at(self._selection.head, unknown).items():
            self._counts[seq] = standing.totals.count(self._selection.kinds)
