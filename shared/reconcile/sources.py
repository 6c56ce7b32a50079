"""What a proof reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from shared.domain.alerts import Alert
from shared.domain.errors import ConflictRetryError
from shared.domain.thresholds import Threshold
from shared.domain.usage import UsageLog
from shared.ports.accounts import Accounts
from shared.ports.journal import Journal
from shared.ports.logs import UsageLogs
from shared.ports.proofs import Proofs
from shared.ports.runtime import Clock
from shared.ports.versions import Versions

CALLS: Final = 10_000
"""Calls for one chunk, two minutes of folding each: only a folder that stands still takes so many."""


class AccountNames(Protocol):
    """Which accounts there are."""

    def accounts_after(self, workspace_id: str, after: str | None) -> Iterator[str]:
        """All accounts in a fixed order, from the one after `after` on."""


class Logs(UsageLogs, Protocol):
    """Usage logs, also by their ids."""

    def get_many(self, workspace_id: str, log_ids: Sequence[str]) -> dict[str, UsageLog]:
        """Logs by their ids as they were recorded, consistently; those not there are left out."""


class Thresholds(Protocol):
    """Thresholds as they are kept."""

    def readable(self, workspace_id: str) -> Iterator[Threshold | None]:
        """All thresholds of a workspace, consistently; None for one that cannot be decoded."""


class Alerts(Protocol):
    """Alerts as they are kept."""

    def on_record(self, workspace_id: str, alert_ids: Iterable[str]) -> Mapping[str, Alert | None]:
        """Those of some alerts that are on record, by id; None for one that can't be decoded."""


class Folder(Protocol):
    """Whoever folds: the one writer of cells."""

    def fold(self, workspace_id: str, account_ids: Sequence[str]) -> int:
        """Fold accounts' journals into every generation as far as time allows; how many are left."""

    def clear(self, workspace_id: str, generation: int, account_ids: Sequence[str]) -> bool:
        """Delete a retired generation of accounts (none: of shared cells); False when there is more."""


def fold_all(folder: Folder, workspace_id: str, account_ids: Sequence[str]) -> None:
    """Have accounts folded to their ends.

    Raises:
        ConflictRetryError: it does not come to an end.
    """
    if account_ids and not fold_some(folder, workspace_id, account_ids, CALLS):
        raise ConflictRetryError("The accounts could not be folded.")


def fold_some(folder: Folder, workspace_id: str, account_ids: Sequence[str], calls: int) -> bool:
    """Have accounts folded in so many calls at most; whether that was enough."""
    return any(not folder.fold(workspace_id, account_ids) for _ in range(calls))


class ArchivedDay(NamedTuple):
    """What an archive's manifests say of the logs that were committed on a local day. `cost` in picos."""

    logs: int
    credits: int
    cost: int


class Archived(Protocol):
    """What of a workspace's logs is archived for good, and may be gone from the table."""

    def days(self, workspace_id: str) -> Mapping[str, ArchivedDay]:
        """The archived days."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a proof reads."""

    accounts: Accounts
    names: AccountNames
    logs: Logs
    journal: Journal
    proofs: Proofs
    versions: Versions
    thresholds: Thresholds
    alerts: Alerts
    archived: Archived
    clock: Clock
