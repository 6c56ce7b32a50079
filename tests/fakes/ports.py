"""Ports over plain logs in memory, for tests of what only reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from shared.domain.calendar import local_day_hour, utc_text
from shared.domain.cells import CellKey, Delta, Deltas, fold_private, fold_shared, merge
from shared.domain.digests import DigestRow, Dimensions, sums_of
from shared.domain.errors import NotFoundError
from shared.domain.head import Head
from shared.domain.ids import ACCOUNT_ID, account_id_of
from shared.domain.pricing import WorkspacePrice
from shared.domain.sums import Sums
from shared.domain.usage import UsageLog
from shared.domain.workspace import Customer, Workspace
from shared.ports.logs import LogFilter


def digest_row(log: UsageLog, workspace: Workspace) -> DigestRow:
    """A log as the journal's digest has it."""
    day, hour = local_day_hour(log.occurred_ms, workspace.zone)
    dimensions = Dimensions(
        day, hour, log.service, log.provider, log.model, log.country, log.platform, log.failed
    )
    return DigestRow(dimensions, sums_of(log))


class MemoryCells:
    """`Cells` folded from logs. `asked` notes every read."""

    def __init__(self, workspace: Workspace, logs: Sequence[UsageLog]) -> None:
        self._shared: Deltas = {}
        self._private: dict[str, Deltas] = {}
        self.asked: list[tuple[str, ...]] = []
        for log in logs:
            row = digest_row(log, workspace)
            merge(self._shared, fold_shared([row]))
            merge(self._private.setdefault(log.account_id, {}), fold_private([row]))

    def shared(
        self, workspace: Workspace, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        self.asked.append(("shared", family, first, last))
        return _between(self._shared, family, first, last)

    def private(
        self, workspace: Workspace, account_id: str, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        self.asked.append(("private", account_id, family, first, last))
        return _between(self._private.get(account_id, {}), family, first, last)

    def active(
        self, workspace: Workspace, period: str, figures: Collection[str] | None = None
    ) -> Iterator[tuple[str, Delta]]:
        self.asked.append(("active", period))
        for account_id, cells in sorted(self._private.items()):
            for key, delta in cells.items():
                if key.family in {"D", "M"} and key.period == period:
                    yield account_id, Delta(_index_row(delta.sums, figures))


def _between(cells: Deltas, family: str, first: str, last: str) -> dict[CellKey, Delta]:
    return {
        key: Delta().add(delta)
        for key, delta in cells.items()
        if key.family == family and first <= key.period <= last
    }


LISTED = (
    *("requests", "errors", "input", "output", "cached_input", "cache_write"),
    *("reasoning", "total", "credits", "cost"),
)


def _index_row(sums: Sums, figures: Collection[str] | None) -> Sums:
    """What the index of active accounts carries of a cell."""
    names = [name for name in LISTED if figures is None or name in figures]
    return Sums(**{name: getattr(sums, name) for name in names})


class MemoryUsageLogs:
    """`UsageLogs` in memory. `read` counts the logs a table would have read, matching or not."""

    def __init__(self, logs: Sequence[UsageLog]) -> None:
        self._logs = {log.log_id: log for log in logs}
        self.read = 0

    def get(self, workspace_id: str, log_id: str) -> UsageLog | None:
        return self._logs.get(log_id)

    def history(
        self,
        workspace_id: str,
        account_id: str,
        where: LogFilter,
        *,
        descending: bool = True,
        after: str | None = None,
    ) -> Iterator[tuple[str, UsageLog]]:
        rows = {
            f"{utc_text(log.occurred_ms)}#{log.log_id}": log
            for log in self._logs.values()
            if log.account_id == account_id
        }
        for key in sorted(rows, reverse=descending):
            log = rows[key]
            if after is not None and (key >= after if descending else key <= after):
                continue
            if where.start_ms is not None and log.occurred_ms < where.start_ms:
                continue
            if where.end_ms is not None and log.occurred_ms >= where.end_ms:
                continue
            self.read += 1
            if (
                where.service in {None, log.service}
                and where.model in {None, log.model}
                and where.failed in {None, log.failed}
            ):
                yield key, log


class MemoryDirectory:
    """A `Directory` in memory."""

    def __init__(self, workspace: Workspace, user_ids: Sequence[str] = ()) -> None:
        self._users = {self.account_of(workspace, user_id): user_id for user_id in user_ids}

    def account_of(self, workspace: Workspace, user_id: str) -> str:
        return (
            user_id if ACCOUNT_ID.fullmatch(user_id) else account_id_of(workspace.secret, user_id)
        )

    def user_of(self, workspace_id: str, account_id: str) -> str | None:
        return self._users.get(account_id)

    def users_of(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, str]:
        return {a: self._users[a] for a in account_ids if a in self._users}

    def put(self, workspace_id: str, account_id: str, user_id: str) -> None:
        self._users[account_id] = user_id

    def introduce(self, workspace_id: str, account_id: str, user_id: str) -> None:
        self._users.setdefault(account_id, user_id)

    def walk(self, workspace_id: str) -> Iterator[tuple[str, str | None]]:
        yield from sorted(self._users.items())


class MemoryWorkspaces:
    """The reads of `Workspaces` that readers of usage need, over one workspace."""

    def __init__(self, workspace: Workspace, customers: Sequence[Customer] = ()) -> None:
        self.workspace = workspace
        self._customers = {customer.account_id: customer for customer in customers}

    def get(self, workspace_id: str) -> Workspace:
        if workspace_id != self.workspace.workspace_id:
            raise NotFoundError("There is no such workspace.")
        return self.workspace

    def prices(self, workspace_id: str) -> tuple[WorkspacePrice, ...]:
        return ()

    def customer(self, workspace_id: str, account_id: str) -> Customer | None:
        return self._customers.get(account_id)


class MemoryHeads:
    """The heads of some accounts, of all that `Accounts` has."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self._heads = {head.account_id: head for head in heads}

    def head(self, workspace_id: str, account_id: str) -> Head | None:
        return self._heads.get(account_id)

    def heads(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, Head]:
        return {a: self._heads[a] for a in account_ids if a in self._heads}
