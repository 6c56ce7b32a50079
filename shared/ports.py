"""What the services need from the outside, and what they hand each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from shared.domain.audit import AuditEntry, AuditFilter
from shared.domain.cells import CellKey, Delta
from shared.domain.errors import TallyError
from shared.domain.head import Head
from shared.domain.journal import Entry, Kind, RunningTotals
from shared.domain.ledger import Movement
from shared.domain.pricing import WorkspacePrice
from shared.domain.seals import Seal
from shared.domain.transactions import ListedEntry
from shared.domain.usage import Usage, UsageLog
from shared.domain.workspace import ApiKey, Customer, Workspace

T = TypeVar("T")
R = TypeVar("R")

Status = Literal["created", "replayed", "conflict", "rejected"]


class Spread(Protocol):
    """Does the same with several things, side by side or (like `map`) in turn."""

    def __call__(self, do: Callable[[T], R], things: Iterable[T], /) -> Iterable[R]:
        """What came of each thing, in their order. An error of one is raised."""


class Clock(Protocol):
    """Time and randomness."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def random_bytes(self, count: int) -> bytes:
        """Unpredictable bytes."""

    def uniform(self, low: float, high: float) -> float:
        """A random number for jitter."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one usage row.

    `log` is there when it is `created` or `replayed`, `error` otherwise; `entry` is the journal entry of
    a created one, where it is at hand.
    """

    status: Status
    log: UsageLog | None = None
    entry: Entry | None = None
    error: TallyError | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a posted movement: its entry, and the account's head at least as new."""

    entry: Entry
    head: Head
    replayed: bool


@dataclass(frozen=True, slots=True)
class RecordedRows:
    """What became of usage rows.

    An outcome for each in their order, the heads of the accounts afterwards by user id as sent, and the
    workspace's settings it was done under.
    """

    outcomes: list[Outcome]
    heads: dict[str, Head]
    workspace: Workspace


class Ledger(Protocol):
    """The books. Every movement of credits goes through here."""

    def record(self, workspace_id: str, rows: Sequence[Usage]) -> RecordedRows:
        """Record usage rows whose ids are all different, one commit for each account where they fit.

        A row that others' commits or the store kept from being recorded is `rejected` and says so.

        Raises:
            NotFoundError: there is no such workspace.
        """

    def move(self, workspace_id: str, user_id: str, movement: Movement, key: str | None) -> Moved:
        """Post credits by hand; `key` makes it once.

        Raises:
            IdempotencyConflictError, InsufficientCreditsError, ValidationFailedError, NotFoundError,
            ConflictRetryError.
        """


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order, and the key to go on from (None at the end)."""

    rows: list[T]
    next_key: str | None


class Workspaces(Protocol):
    """Workspaces and what belongs to them as a whole."""

    def get(self, workspace_id: str) -> Workspace:
        """Read a workspace, consistently.

        Raises:
            NotFoundError: there is none.
        """

    def create(self, workspace: Workspace) -> None:
        """Write a new workspace.

        Raises:
            AlreadyExistsError: the id is taken.
        """

    def replace(self, workspace: Workspace, expected: Workspace) -> None:
        """Write changed settings over the ones read before.

        Raises:
            ConflictRetryError: they changed in between.
            WorkspaceInUseError: currency or time zone changed and there are logs.
        """

    def list_after(self, after: str | None, limit: int) -> Page[Workspace]:
        """Workspaces in order of their ids."""

    def prices(self, workspace_id: str) -> tuple[WorkspacePrice, ...]:
        """The workspace's own prices."""

    def put_price(self, workspace_id: str, price: WorkspacePrice) -> None:
        """Add a price; one of the same service, model and effective time is replaced."""

    def customer(self, workspace_id: str, account_id: str) -> Customer | None:
        """A customer's registration."""

    def put_customer(self, workspace_id: str, customer: Customer) -> None:
        """Register a customer, or change one."""

    def customers_after(self, workspace_id: str, after: str | None, limit: int) -> Page[Customer]:
        """Customers in order of their account ids."""


class ApiKeys(Protocol):
    """API keys."""

    def get(self, workspace_id: str, key_id: str) -> ApiKey | None:
        """Read a key, consistently."""

    def create(self, key: ApiKey, idempotency_key: str | None, body: Mapping[str, str]) -> ApiKey:
        """Write a new key; a repeat under the same idempotency key gives the first one back.

        Raises:
            IdempotencyConflictError: the idempotency key was used with another body.
        """

    def revoke(self, workspace_id: str, key_id: str, at_ms: int) -> bool:
        """Revoke a key; False when there is none. Repeating it changes nothing."""

    def list(self, workspace_id: str) -> list[ApiKey]:
        """All keys of a workspace, revoked ones included."""


class Listed(NamedTuple):
    """An account in the list of accounts: the user's id (the account's own once erased), the account."""

    name: str
    account_id: str


class Directory(Protocol):
    """Who is who: the one place that knows a user's id."""

    def account_of(self, workspace: Workspace, user_id: str) -> str:
        """The account of a user id; an account's own id is taken as it is."""

    def user_of(self, workspace_id: str, account_id: str) -> str | None:
        """The user behind an account; None when unknown or erased."""

    def users_of(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, str]:
        """The users behind several accounts; the unknown are left out."""

    def put(self, workspace_id: str, account_id: str, user_id: str) -> None:
        """Write down a user before their first movement."""

    def introduce(self, workspace_id: str, account_id: str, user_id: str) -> None:
        """Write down a user whom the directory does not have; what it has stays as it is."""

    def walk(self, workspace_id: str) -> Iterator[tuple[str, str | None]]:
        """`(account_id, user_id)` of every account, each once, in a fixed order."""


class AccountLists(Protocol):
    """Lists of the accounts that have moved."""

    def listed(
        self, workspace_id: str, prefix: str, after: str | None, *, descending: bool
    ) -> Iterator[Listed]:
        """Those whose user's id starts so, in its order, after one."""

    def listed_by_account(
        self, workspace_id: str, prefix: str, after: str | None, *, descending: bool
    ) -> Iterator[Listed]:
        """Those whose own id starts so and whose user's does not, in the order of the account's id."""


class Standing(NamedTuple):
    """An account after entry `seq` (0: before the first): its running totals and its balance."""

    seq: int
    totals: RunningTotals
    balance: int


class Accounts(Protocol):
    """Reads of heads and journals. All of them consistent."""

    def head(self, workspace_id: str, account_id: str) -> Head | None:
        """An account's head; None before its first movement."""

    def heads(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, Head]:
        """The heads of several accounts by account; those without a movement are left out."""

    def entry(self, workspace_id: str, account_id: str, seq: int) -> Entry | None:
        """One journal entry."""

    def entries(
        self, workspace_id: str, account_id: str, first: int, last: int, *, descending: bool = False
    ) -> Iterator[Entry]:
        """Journal entries `first` … `last`, both included."""

    def entries_at(self, workspace_id: str, account_id: str, numbers: Sequence[int]) -> list[Entry]:
        """Some journal entries by their numbers, in that order, all read at once."""

    def readable_entries(
        self, workspace_id: str, account_id: str, first: int
    ) -> Iterator[Entry | None]:
        """The journal from entry `first`; None, and no more, for an entry that cannot be decoded."""

    def seals(self, workspace_id: str, account_id: str) -> Iterator[Seal]:
        """An account's seals, the latest first; those that cannot be read are left out."""

    def head_at(self, head: Head, seq: int) -> Head:
        """The head as it was right after entry `seq` (0: before the first)."""

    def heads_at(self, head: Head, numbers: Collection[int]) -> dict[int, Head]:
        """The head as it was right after each of some entries, by their numbers."""

    def standings(self, head: Head, instants: Sequence[int]) -> list[Standing]:
        """Where the account stood just before each of some instants, in their order.

        Reads about log₂ n entries for each instant, side by side, and none of the n twice.
        """

    def standings_at(self, head: Head, numbers: Collection[int]) -> dict[int, Standing]:
        """Where the account stood after entries (0: before the first), all read at once."""

    def last_seq_before(self, head: Head, at_ms: int) -> int:
        """The number of the last entry created before an instant (0: none). Reads log₂ n entries."""


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


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs of an account: half-open range of `occurred_ms`, and equal members."""

    start_ms: int | None = None
    end_ms: int | None = None
    service: str | None = None
    model: str | None = None
    failed: bool | None = None


class UsageLogs(Protocol):
    """Reads of usage logs."""

    def get(self, workspace_id: str, log_id: str) -> UsageLog | None:
        """One log, consistently."""

    def history(
        self,
        workspace_id: str,
        account_id: str,
        where: LogFilter,
        *,
        descending: bool = True,
        after: str | None = None,
    ) -> Iterator[tuple[str, UsageLog]]:
        """`(key to go on from, log)` of an account's logs by time of occurrence."""


class CellRange(NamedTuple):
    """Cells of a family from one period to another, both included."""

    family: str
    first: str
    last: str


class AccountCells(Protocol):
    """Reads of one account's cells."""

    def private_as_of(
        self, workspace: Workspace, account_id: str, wanted: Sequence[CellRange]
    ) -> tuple[int, dict[CellKey, Delta]]:
        """An account's cells of several ranges, all right after one entry, and that entry's number."""


class Version(NamedTuple):
    """How far what statistics are answered from has come: the same version, the same answers.

    `number` counts the workspace's changes, `at_ms` is when the last was made; `seq` is the number of the
    account's last entry (0: none, or no account was named).
    """

    number: int
    at_ms: int
    seq: int


class Versions(Protocol):
    """Versions of a workspace's statistics. To read one takes a read unit, whatever it is of."""

    def of(self, workspace_id: str, account_id: str | None) -> Version:
        """The version of the workspace's statistics, or of one account's.

        The workspace's is exact now. An account's may be a moment behind: its entries count as soon as
        they are committed, before they are folded.
        """

    def bump(self, workspace_id: str, at_ms: int) -> None:
        """Count a change that is not a journal entry: settings, prices, customers, thresholds, alerts."""


class Cells(Protocol):
    """Reads of cells in the generation that the workspace shows."""

    def shared(
        self, workspace: Workspace, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        """Shared cells of a family whose period lies between two days (or months), both included."""

    def private(
        self, workspace: Workspace, account_id: str, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        """An account's cells of a family, with its journal's tail folded in: exact now."""

    def active(
        self, workspace: Workspace, period: str, figures: Collection[str] | None = None
    ) -> Iterator[tuple[str, Delta]]:
        """`(account_id, figures)` of the accounts active on a local day or month.

        Only requests, errors, tokens, credits and cost are there, and of these only the `figures` asked
        for by their names in `Sums`.
        """


class AuditLog(Protocol):
    """The audit trail."""

    def record(self, entry: AuditEntry) -> None:
        """Write an entry down, durably. Repeating it changes nothing.

        Raises:
            UnavailableError: it is nowhere.
        """

    def entries(self, workspace_id: str, where: AuditFilter) -> Iterator[AuditEntry]:
        """The entries of a workspace that are looked for, read as they are taken."""

    def page(self, workspace_id: str, where: AuditFilter, limit: int) -> Page[AuditEntry]:
        """At most `limit` of them, and the entry to go on after: reading stops at a bound, found or not."""


@dataclass(frozen=True, slots=True)
class RateCounter:
    """Whose requests are counted: a caller of a workspace, or a network address (of no workspace)."""

    workspace_id: str | None
    name: str


class RateCounters(Protocol):
    """Counters of requests by slot of time (`shared.domain.throttle`), shared by all instances."""

    def add(self, counter: RateCounter, changes: Mapping[int, int]) -> Mapping[int, int]:
        """Add to some slots, and see all of them as they are right after.

        Raises:
            UnavailableError: it may or may not have been added.
        """
