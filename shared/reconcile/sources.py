"""What a proof reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from shared.domain.alerts import Alert, Change
from shared.domain.thresholds import Threshold
from shared.ports.accounts import Accounts
from shared.ports.journal import Journal
from shared.ports.logs import UsageLogs
from shared.ports.proofs import Proofs
from shared.ports.runtime import Clock
from shared.ports.versions import Versions


class AccountNames(Protocol):
    """Which accounts there are."""

    def accounts_after(self, workspace_id: str, after: str | None) -> Iterator[str]:
        """All accounts in a fixed order, from the one after `after` on."""


class Thresholds(Protocol):
    """Thresholds as they are kept."""

    def readable(self, workspace_id: str) -> Iterator[Threshold | None]:
        """All thresholds of a workspace, consistently; None for one that cannot be decoded."""


class Alerts(Protocol):
    """Alerts as they are kept."""

    def on_record(self, workspace_id: str, alert_ids: Iterable[str]) -> Mapping[str, Alert | None]:
        """Those of some alerts that are on record, by id; None for one that can't be decoded."""


class Totals(Protocol):
    """The totals that thresholds of a workspace watch."""

    def totals(self, workspace_id: str, generation: int) -> Iterator[Change]:
        """Every day's and month's total, as its latest write left it."""


class ArchivedDay(NamedTuple):
    """What an archive's manifests say of the logs that were committed on a local day. `cost` in picos."""

    logs: int
    credits: int
    cost: int


class Archived(Protocol):
    """What of a workspace's logs is archived for good, and may be gone from the table."""

    def days(self, workspace_id: str) -> Mapping[str, ArchivedDay]:
        """The archived days."""


class NothingArchived:
    """No archive: whatever is not in the table is missing."""

    def days(self, workspace_id: str) -> Mapping[str, ArchivedDay]:
        """No days."""
        del workspace_id
        return {}


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a proof reads."""

    accounts: Accounts
    names: AccountNames
    logs: UsageLogs
    journal: Journal
    proofs: Proofs
    totals: Totals
    versions: Versions
    thresholds: Thresholds
    alerts: Alerts
    archived: Archived
    clock: Clock
