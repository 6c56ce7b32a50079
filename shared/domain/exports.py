"""Exports: what is selected, how far a run is, and what its totals are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from shared.domain.journal import Entry, EntryType, Reason
from shared.domain.search import Search
from shared.domain.transactions import EntryFilter
from shared.domain.usage import UsageLog

Kind = Literal["usage-logs", "transactions", "audit", "summary"]
Format = Literal["csv", "json", "jsonl", "parquet"]
ExportStatus = Literal["running", "done", "failed"]
Totals = dict[str, int]
"""Sums by their names in the manifest; `cost` in picos."""

USAGE_LOGS: Final = "usage-logs"
TRANSACTIONS: Final = "transactions"
AUDIT: Final = "audit"
SUMMARY: Final = "summary"
FORMATS: Final[tuple[Format, ...]] = ("csv", "json", "jsonl", "parquet")
MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}

KEPT_DAYS: Final = 7
"""How long an export can be fetched. Short, because files hold what an erasure has to reach."""

SILENCE_MS: Final = 2 * 60 * 60 * 1000
"""A run that nobody has heard of for so long is over: every attempt at it died."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of one kind, and in what form.

    `start_ms` … `end_ms` is half-open; `start_date` and `end_date` are how the caller wrote it (for
    summaries two days, always). `service`, `model` and `failed` are for usage logs and summaries, these also
    have `provider`, `country`, `platform`, `group` and `metric`; `type`, `reason` and `q` (as the caller
    wrote it) are for transactions, `actor` (as it stands in the trail) and `action` for the audit trail.
    `pseudonymous` rows show accounts instead of users, and no free text that could name one.
    """

    kind: Kind
    format: Format
    account_id: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    service: str | None = None
    model: str | None = None
    failed: bool | None = None
    type: EntryType | None = None
    reason: Reason | None = None
    q: str | None = None
    actor: str | None = None
    action: str | None = None
    group: str | None = None
    metric: str | None = None
    provider: str | None = None
    country: str | None = None
    platform: str | None = None
    pseudonymous: bool = False

    def takes_log(self, log: UsageLog) -> bool:
        """Whether a log of the range is one of the rows."""
        return (
            (self.service is None or log.service == self.service)
            and (self.model is None or log.model == self.model)
            and (self.failed is None or log.failed == self.failed)
        )

    def reveals(self, account_id: str) -> bool:
        """Whether its rows may show who is behind an account, or what was noted of them."""
        return not self.pseudonymous and self.account_id in {None, account_id}

    @property
    def entries(self) -> EntryFilter:
        """Which entries are rows, where they are transactions."""
        search = None if self.q is None else Search.parse(self.q)
        return EntryFilter(self.start_ms, self.end_ms, self.type, self.reason, search)


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be fetched: its key, and how a browser is to take it."""

    key: str
    file_name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Links:
    """A URL for each file asked for, in order, and when all of them end."""

    urls: tuple[str, ...]
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Export:
    """One export and how far it is.

    `owner` is who asked (`user:acct_…`, `admin:acct_…` or `key:<id>`), never a user's id.
    `attempt` counts the runs; each writes files of its own, so an overtaken run can't spoil the one
    that counts. `estimate` is about how many rows have to be read, `read` how many were. `bytes`,
    `sha256` and `totals` are there when it is done. `truncated`: a summary has more groups than rows.
    """

    workspace_id: str
    export_id: str
    owner: str
    selection: Selection
    created_ms: int
    updated_ms: int
    status: ExportStatus = "running"
    attempt: int = 0
    estimate: int = 0
    read: int = 0
    rows: int = 0
    bytes: int = 0
    sha256: str = ""
    totals: Totals = field(default_factory=dict)
    truncated: bool = False

    @property
    def data_key(self) -> str:
        """Where the rows of this attempt are kept."""
        return f"{self._folder}/{self.attempt}.{self.selection.format}"

    @property
    def manifest_key(self) -> str:
        """Where the manifest of this attempt is kept."""
        return f"{self._folder}/{self.attempt}.manifest.json"

    @property
    def _folder(self) -> str:
        return f"{folder_of(self.workspace_id)}{self.export_id}"

    def status_at(self, now_ms: int) -> ExportStatus:
        """The status as it is shown: a run that went silent has failed."""
        silent = self.status == "running" and now_ms - self.updated_ms > SILENCE_MS
        return "failed" if silent else self.status

    def expired_at(self, now_ms: int) -> bool:
        """Whether its files are, or are about to be, gone."""
        return now_ms >= self.expires_ms

    @property
    def expires_ms(self) -> int:
        """When it can't be fetched any more."""
        return self.created_ms + KEPT_DAYS * 86_400_000


def folder_of(workspace_id: str) -> str:
    """What the keys of all files of a workspace's exports begin with; an export's id comes next."""
    return f"exports/{workspace_id}/"


def export_id_of(key: str) -> str:
    """The id of the export that a file belongs to."""
    return key.split("/")[2]


def totals_of_logs(logs: Iterable[UsageLog]) -> Totals:
    """Sums of usage logs: `credits cost requests totalTokens`."""
    totals = no_totals(USAGE_LOGS)
    for log in logs:
        totals["credits"] += log.credits
        totals["cost"] += log.cost_picos
        totals["requests"] += 1
        totals["totalTokens"] += log.tokens.total if log.tokens else 0
    return totals


def totals_of_entries(entries: Iterable[Entry]) -> Totals:
    """Sums of transactions: `credits debits`."""
    totals = no_totals(TRANSACTIONS)
    for entry in entries:
        totals["credits" if entry.type == "credit" else "debits"] += entry.amount
    return totals


def no_totals(kind: Kind) -> Totals:
    """The totals of no rows. Of entries of the audit trail nothing is summed."""
    if kind == AUDIT:
        return {}
    if kind == TRANSACTIONS:
        return {"credits": 0, "debits": 0}
    return {"credits": 0, "cost": 0, "requests": 0, "totalTokens": 0}


def added(one: Totals, other: Totals) -> Totals:
    """The sum of two totals of the same kind."""
    return {name: value + other[name] for name, value in one.items()}
