"""What was committed in a range of time: journal entries account by account, and the logs they name.

The index by time says which accounts have entries in the range, from which number to which; all else is
read from the table itself, consistently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Final, NamedTuple

from shared.domain.archive import Position
from shared.domain.calendar import utc_text
from shared.domain.journal import Entry, Kind
from shared.domain.usage import UsageLog
from shared.ports.runtime import Spread
from shared.store.items import entry_from
from shared.store.log_items import log_from, repriced_from
from shared.store.schema import (
    JOURNAL,
    Key,
    account_pk,
    entry_sk,
    journal_index_pks,
    log_key,
    repriced_key,
)
from shared.store.table import Item, Query, Table, rows, text

ACCOUNTS_AHEAD: Final = 16
"""Accounts whose first entries are read side by side: most have few on a day."""

ENTRIES_AT_ONCE: Final = 50
"""Entries of an account taken together: at most some 5,000 logs, and two megabytes with digests."""

KEYS_AT_ONCE: Final = 100
"""What one call reads by key."""


class Span(NamedTuple):
    """The first and the last number of an account's entries in a range of time."""

    first: int
    last: int


class DynamoCommitted:
    """Reads what was committed. `spread` reads accounts, and logs, side by side."""

    def __init__(self, table: Table, spread: Spread) -> None:
        self._table = table
        self._spread = spread

    def spans(
        self, workspace_id: str, kinds: Sequence[Kind], start_ms: int, end_ms: int
    ) -> dict[str, Span]:
        """The accounts with entries of some kinds in a half-open range of `createdAt`, in their order.

        From an index that follows commits after a moment: to be asked of times that are over.
        """
        spans: dict[str, Span] = {}
        low, high = utc_text(start_ms), utc_text(end_ms)
        for pk in chain.from_iterable(journal_index_pks(workspace_id, kind) for kind in kinds):
            for row in rows(self._table, Query(pk, JOURNAL, low, high, only=(JOURNAL.sort_key,))):
                at, account_id, number = text(row, JOURNAL.sort_key).split("#")
                assert low <= at < high
                seq = int(number)
                known = spans.get(account_id, Span(seq, seq))
                spans[account_id] = Span(min(known.first, seq), max(known.last, seq))
        return dict(sorted(spans.items()))

    def entries(
        self, workspace_id: str, spans: Mapping[str, Span], after: Position | None
    ) -> Iterator[list[Entry]]:
        """The entries of the spans after a position, some of one account at a time.

        Raises:
            ValueError: an entry cannot be read.
        """
        accounts = iter(_left(spans, after))
        while group := list(islice(accounts, ACCOUNTS_AHEAD)):
            begun = self._spread(lambda place: self._begun(workspace_id, *place), group)
            for entries in begun:
                while taken := list(islice(entries, ENTRIES_AT_ONCE)):
                    yield taken

    def _begun(self, workspace_id: str, account_id: str, span: Span) -> Iterator[Entry]:
        query = Query(
            account_pk(workspace_id, account_id),
            low=entry_sk(span.first),
            high=entry_sk(span.last),
            limit=ENTRIES_AT_ONCE,
        )
        entries = map(entry_from, rows(self._table, query))
        return chain(list(islice(entries, ENTRIES_AT_ONCE)), entries)

    def last_hashes(self, workspace_id: str, spans: Mapping[str, Span]) -> dict[str, bytes]:
        """The hash of each account's last entry of a span."""
        found: dict[str, bytes] = {}
        last = [(account_id, Span(span.last, span.last)) for account_id, span in spans.items()]
        for entries in self.entries(workspace_id, dict(last), None):
            found |= {entry.account_id: entry.hash for entry in entries}
        return found

    def logs(
        self, workspace_id: str, log_ids: Sequence[str], *, repriced: bool
    ) -> dict[str, UsageLog]:
        """Logs by their ids; `repriced`: with what repricings made of them. The missing are left out."""
        keys = [log_key(workspace_id, log_id) for log_id in log_ids]
        found = {log.log_id: log for log in (log_from(item) for item in self._get(keys))}
        if repriced:
            found |= self.with_repriced(workspace_id, list(found.values()))
        return found

    def with_repriced(self, workspace_id: str, logs: Sequence[UsageLog]) -> dict[str, UsageLog]:
        """Those of some logs that repricings made something of, with that, by their ids."""
        by_id = {log.log_id: log for log in logs}
        keys = [repriced_key(workspace_id, log_id) for log_id in by_id]
        beside = {text(item, "pk").rpartition("#")[2]: item for item in self._get(keys)}
        return {
            log_id: replace(by_id[log_id], repriced=repriced_from(item))
            for log_id, item in beside.items()
        }

    def _get(self, keys: Sequence[Key]) -> Iterable[Item]:
        groups = [keys[at : at + KEYS_AT_ONCE] for at in range(0, len(keys), KEYS_AT_ONCE)]
        for found in self._spread(self._table.get_many, groups):
            yield from found.values()


def _left(spans: Mapping[str, Span], after: Position | None) -> Iterator[tuple[str, Span]]:
    """The spans after a position, the one it lies in from there on."""
    for account_id, span in spans.items():
        if after is None or account_id > after.account_id:
            yield account_id, span
        elif account_id == after.account_id and span.last > after.seq:
            yield account_id, Span(after.seq + 1, span.last)
