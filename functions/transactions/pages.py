"""Pages of an account's journal: exact totals and any page, without counting rows.

Every entry carries running totals of its kinds, so how many entries of some kinds a range holds is the
difference of two of them, and the n-th such entry is found by bisection: a page costs its own rows and a
few reads for each gap between them, however long the journal is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from functions.transactions.searching import Looked
from shared.domain.head import Head
from shared.domain.journal import KINDS, Entry, Kind
from shared.ports import Accounts

CHUNK: Final = 50
"""Entries read at once around a match, before the next one is looked up by bisection."""

LOOKED_AT_ONCE: Final = 250
"""The same where all that match are looked at, not only those of a page."""


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

    def __init__(self, accounts: Accounts, selection: Selection, chunk: int = CHUNK) -> None:
        self._accounts = accounts
        self._selection = selection
        self._chunk = chunk
        self._read = 0
        self._before_first = self._count(selection.first - 1)

    def page(
        self, *, offset: int, limit: int, descending: bool, after: int | None = None
    ) -> JournalPage:
        """`limit` entries after the first `offset`, or after the entry numbered `after`."""
        total = self._count(self._selection.last) - self._before_first
        if after is not None:
            offset = self._rank_after(after, total, descending=descending)
        wanted = range(offset, min(offset + limit, total))
        entries: list[Entry] = []
        for entry in self._matches(wanted, total, descending=descending):
            entries.append(entry)
            if len(entries) == len(wanted):
                break
        more = offset + len(entries) < total
        return JournalPage(entries, total, entries[-1].seq if more and entries else None)

    def walk(self, *, descending: bool, after: int | None = None) -> Iterator[Looked[Entry]]:
        """Every selected entry, or those after the one numbered `after`, and what reading them took."""
        total = self._count(self._selection.last) - self._before_first
        rank = 0 if after is None else self._rank_after(after, total, descending=descending)
        for entry in self._matches(range(rank, total), total, descending=descending):
            yield Looked(str(entry.seq), entry, self._read)

    def _rank_after(self, seq: int, total: int, *, descending: bool) -> int:
        """How many selected entries come up to and with the one numbered `seq`."""
        bounded = min(max(seq, self._selection.first - 1), self._selection.last)
        up_to = self._count(bounded) - self._before_first
        if not descending:
            return up_to
        newer = total - up_to
        return newer + (1 if seq <= self._selection.last and up_to else 0)

    def _matches(self, wanted: range, total: int, *, descending: bool) -> Iterator[Entry]:
        """The selected entries from the first wanted rank on."""
        rank = wanted.start
        while rank < wanted.stop:
            nth = total - rank if descending else rank + 1
            seq = self._seq_of(nth)
            reach = self._chunk - 1
            low, high = (seq - reach, seq) if descending else (seq, seq + reach)
            chosen = self._selection
            for entry in self._accounts.entries(
                chosen.head.workspace_id,
                chosen.head.account_id,
                max(low, chosen.first),
                min(high, chosen.last),
                descending=descending,
            ):
                self._read += 1
                if (entry.reason, entry.type) in chosen.kinds:
                    rank += 1
                    yield entry

    def _seq_of(self, nth: int) -> int:
        """The number of the n-th selected entry (1 …) of the range."""
        if self._selection.everything:
            return self._selection.first + nth - 1
        low, high = self._selection.first, self._selection.last
        while low < high:
            middle = (low + high) // 2
            if self._count(middle) - self._before_first >= nth:
                high = middle
            else:
                low = middle + 1
        return low

    def _count(self, seq: int) -> int:
        """Entries of the selected kinds up to `seq`, from the account's first."""
        if self._selection.everything or seq == 0:
            return seq
        self._read += 1
        return self._accounts.totals(self._selection.head, seq).count(self._selection.kinds)
