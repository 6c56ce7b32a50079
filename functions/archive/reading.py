"""What goes into a unit's files, read from the table and proved against the journal as it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from shared.archive.rewriting import without_texts
from shared.domain.archive import Position, Sums, digest_sums, entry_sums, total
from shared.domain.calendar import local_day_hour
from shared.domain.digests import digest_of, dimensions_of
from shared.domain.journal import Entry, Kind, hash_of
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.store.committed import Span

R = TypeVar("R")

TEXT_OF_A_ROW: Final = 500
"""Bytes of metadata that weigh as much as a row without any, in memory and in a file."""


class MismatchError(Exception):
    """The table does not hold what the journal says, or the journal is not what its hashes say."""


class Committed(Protocol):
    """What was committed in a range of time."""

    def spans(
        self, workspace_id: str, kinds: Sequence[Kind], start_ms: int, end_ms: int
    ) -> dict[str, Span]:
        """The accounts with entries of some kinds in a range of `createdAt`, in their order."""

    def entries(
        self, workspace_id: str, spans: Mapping[str, Span], after: Position | None
    ) -> Iterator[list[Entry]]:
        """The entries of the spans after a position, some of one account at a time."""

    def logs(
        self, workspace_id: str, log_ids: Sequence[str], *, repriced: bool
    ) -> dict[str, UsageLog]:
        """Logs by their ids; the missing are left out."""

    def with_repriced(self, workspace_id: str, logs: Sequence[UsageLog]) -> dict[str, UsageLog]:
        """Those of some logs that repricings made something of, with that, by their ids."""

    def last_hashes(self, workspace_id: str, spans: Mapping[str, Span]) -> dict[str, bytes]:
        """The hash of each account's last entry of a span."""


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """Some rows, what the journal says of them, and the entry they go up to."""

    rows: list[R]
    said: Sums
    position: Position
    weight: int


def log_steps(
    committed: Committed,
    workspace: Workspace,
    spans: Mapping[str, Span],
    after: Position | None,
    erased: frozenset[str],
    *,
    repriced: bool,
) -> Iterator[Step[UsageLog]]:
    """The logs that usage entries name, in their order, without the texts of erased users.

    Raises:
        MismatchError: a log is missing or is not what its entry says, or an entry is not to be trusted.
    """
    clean = without_texts(erased)
    for entries in proved(committed, workspace, spans, after):
        usage = [entry for entry in entries if entry.reason == "usage"]
        ids = [log_id for entry in usage for log_id in entry.log_ids]
        found = committed.logs(workspace.workspace_id, ids, repriced=repriced)
        logs = [log for entry in usage for log in logs_of(entry, found, workspace)]
        yield Step(
            rows=list(clean(logs)),
            said=total([{"entries": len(usage)}, *map(digest_sums, usage)]),
            position=_position(entries),
            weight=len(logs) + sum(len(log.metadata or "") // TEXT_OF_A_ROW for log in logs),
        )


def entry_steps(
    committed: Committed, workspace: Workspace, spans: Mapping[str, Span], after: Position | None
) -> Iterator[Step[Entry]]:
    """Journal entries in their order.

    Raises:
        MismatchError: an entry is not to be trusted.
    """
    for entries in proved(committed, workspace, spans, after):
        yield Step(
            rows=entries,
            said=total(map(entry_sums, entries)),
            position=_position(entries),
            weight=sum(1 + len(entry.digest) + len(entry.log_ids) // 10 for entry in entries),
        )


def proved(
    committed: Committed, workspace: Workspace, spans: Mapping[str, Span], after: Position | None
) -> Iterator[list[Entry]]:
    """The entries of the spans after a position, some at a time.

    Raises:
        MismatchError: an entry is not to be trusted.
    """
    before: Entry | None = None
    steps = committed.entries(workspace.workspace_id, spans, after)
    while (entries := _next(steps)) is not None:
        for entry in entries:
            same = before is not None and before.account_id == entry.account_id
            follows = not same or (
                before is not None
                and entry.seq == before.seq + 1
                and entry.previous_hash == before.hash
            )
            if not follows or entry.hash != hash_of(entry):
                raise MismatchError(f"entry {entry.seq} of {entry.account_id} does not prove")
            before = entry
        yield entries


def _next(steps: Iterator[list[Entry]]) -> list[Entry] | None:
    try:
        return next(steps, None)
    except ValueError as error:
        raise MismatchError(f"an entry cannot be read: {error}") from error


def _position(entries: Sequence[Entry]) -> Position:
    return Position(entries[-1].account_id, entries[-1].seq)


def logs_of(entry: Entry, found: Mapping[str, UsageLog], workspace: Workspace) -> list[UsageLog]:
    """The logs that an entry names, in its order.

    Raises:
        MismatchError: one is missing, or they are not what the entry says.
    """
    missing = [log_id for log_id in entry.log_ids if log_id not in found]
    if missing:
        raise MismatchError(f"log {missing[0]} of {entry.account_id} {entry.seq} is not there")
    logs = [found[log_id] for log_id in entry.log_ids]
    rows = (
        (dimensions_of(log, *local_day_hour(log.occurred_ms, workspace.zone)), log) for log in logs
    )
    theirs = all((log.account_id, log.seq) == (entry.account_id, entry.seq) for log in logs)
    if not theirs or digest_of(rows) != entry.digest:
        raise MismatchError(f"the logs of {entry.account_id} {entry.seq} are not what it says")
    return logs
