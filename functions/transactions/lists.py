"""Lists of transactions: of one account, and of the whole workspace, under any filter."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from functions.transactions.days import Days, TransactionDays
from functions.transactions.pages import JournalPages, Selection
from functions.transactions.searching import MAX_LOOKED_AT, E, Looked, Place, search
from functions.transactions.service import AccountOf
from shared.domain.calendar import FIRST_MS, LAST_MS, local_day
from shared.domain.journal import KINDS, Entry, Kind
from shared.domain.listing import DayCount
from shared.domain.search import Search
from shared.domain.time_list import Read, Span, TimeList
from shared.domain.transactions import EntryFilter, ListedEntry
from shared.domain.workspace import Workspace
from shared.http.params import Paging, refused
from shared.ports.accounts import Accounts
from shared.ports.journal import Journal

SEQ: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Part of a list: its entries, how many there are in all, and the key to go on from.

    `searched_back_ms` says how far a search got that had to stop early; `total` is then what it found.
    """

    entries: Sequence[Entry | ListedEntry]
    total: int
    next_key: str | None
    searched_back_ms: int | None = None


NOTHING: Final = EntryPage([], 0, None)


class ListTransactions:
    """Reads pages of transactions."""

    def __init__(self, accounts: Accounts, journal: Journal, days: TransactionDays) -> None:
        self._accounts = accounts
        self._journal = journal
        self._days = days

    def of_account(
        self, account: AccountOf, where: EntryFilter, paging: Paging, *, descending: bool
    ) -> EntryPage:
        """A page of an account's transactions, exact at this moment.

        Raises:
            ValidationFailedError: the cursor is of another list.
        """
        head = account.head
        first, last = 1, head.seq
        if where.start_ms is not None:
            first = self._accounts.last_seq_before(head, where.start_ms) + 1
        if where.end_ms is not None:
            last = self._accounts.last_seq_before(head, where.end_ms)
        place = None if where.search is None else Place.of(paging)
        after = _seq_of(paging.cursor if place is None else place.key)
        if last < first or not where.kinds:
            return NOTHING
        selection = Selection(head, first, last, where.kinds)
        if where.search is None or place is None:
            pages = JournalPages(self._accounts, selection)
            page = pages.page(
                offset=paging.offset, limit=paging.limit, descending=descending, after=after
            )
            following = None if page.next_seq is None else str(page.next_seq)
            return EntryPage(page.entries, page.total, following)
        rows = JournalPages(self._accounts, selection).walk(descending=descending, after=after)
        return _searched(rows, where.search, paging, place)

    def of_workspace(
        self, workspace: Workspace, where: EntryFilter, paging: Paging, *, descending: bool
    ) -> EntryPage:
        """A page of the transactions of all accounts, in order of time.

        Raises:
            ValidationFailedError: the cursor is of another list, or an hour is cut that has too many.
        """
        if where.search is not None:
            place = Place.of(paging)
            found = self._journal.between(
                workspace.workspace_id,
                where.kinds,
                where.start_ms,
                where.end_ms,
                descending=descending,
                after=place.key,
                expected=MAX_LOOKED_AT,
            )
            rows = (Looked(key, entry, n) for n, (key, entry) in enumerate(found, start=1))
            return _searched(rows, where.search, paging, place)
        after = paging.position
        span = Span(
            FIRST_MS if where.start_ms is None else where.start_ms,
            LAST_MS if where.end_ms is None else where.end_ms,
        )
        if span.end_ms <= span.start_ms or not where.kinds:
            return NOTHING
        first, last = (
            local_day(span.start_ms, workspace.zone),
            local_day(span.end_ms - 1, workspace.zone),
        )
        days = self._days.read(workspace, first, last, where.kinds)
        present = {KINDS[kind] for moves in days.values() for kind, _ in moves.counts}
        kinds = [kind for kind in where.kinds if kind in present]
        if not kinds:
            return NOTHING
        listed = TimeList(
            _counts(days, kinds),
            workspace.zone,
            span,
            self._read(workspace, kinds, descending=descending),
            lambda entry: entry.created_ms,
            descending=descending,
        )
        page = listed.page(paging.offset, paging.limit, after)
        return EntryPage(page.rows, page.total, None if page.after is None else str(page.after))

    def _read(
        self, workspace: Workspace, kinds: Sequence[Kind], *, descending: bool
    ) -> Read[ListedEntry]:
        def read(
            start_ms: int, end_ms: int, after: str | None, expected: int
        ) -> Iterator[tuple[str, ListedEntry]]:
            return self._journal.between(
                workspace.workspace_id,
                kinds,
                start_ms,
                end_ms,
                descending=descending,
                after=after,
                expected=expected,
            )

        return read


def _searched(rows: Iterable[Looked[E]], wanted: Search, paging: Paging, place: Place) -> EntryPage:
    found = search(rows, wanted, paging, place)
    following = None if found.next is None else str(found.next)
    return EntryPage(found.rows, found.total, following, found.back_to_ms)


def _seq_of(key: str | None) -> int | None:
    if key is None:
        return None
    if SEQ.fullmatch(key) is None:
        raise refused("cursor", "is not a cursor of this list")
    return int(key)


def _counts(days: Days, kinds: Collection[Kind]) -> dict[str, DayCount]:
    """How many transactions of some kinds each day and hour has."""
    counts: dict[str, DayCount] = {}
    for day, moves in days.items():
        hours: dict[int, int] = {}
        for (kind, hour), count in moves.counts.items():
            if KINDS[kind] in kinds:
                hours[hour] = hours.get(hour, 0) + count
        total = sum(hours.values())
        counts[day] = DayCount(total, total, {hour: (n, n) for hour, n in hours.items()})
    return counts
