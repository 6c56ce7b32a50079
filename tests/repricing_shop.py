"""A workspace over a table in memory whose usage is priced anew, and what has to hold afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any, Final

from functions.aggregate.schemas import arrivals_of
from functions.repricing.running import RunRepricing
from functions.repricing.schemas import Job
from functions.repricing.service import Repricings, RunJobs
from shared.domain.calendar import add_days, local_day
from shared.domain.errors import UnavailableError
from shared.domain.ids import account_id_of
from shared.domain.journal import Entry, verify
from shared.domain.ledger import Movement
from shared.domain.money import PICOS
from shared.domain.pricing import WorkspacePrice
from shared.domain.rates import TokenRates
from shared.domain.repricing import Repricing
from shared.domain.usage import Usage, UsageLog
from shared.ports.ledger import Outcome
from shared.ports.logs import LogFilter
from shared.ports.runtime import Spread
from shared.store.accounts import DynamoAccounts
from shared.store.adjusting import DynamoAdjustments
from shared.store.directory import DynamoDirectory
from shared.store.ledger import DynamoLedger
from shared.store.logs import DynamoUsageLogs
from shared.store.repricings import DynamoRepricings
from shared.store.table import Item
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import a_usage, a_workspace
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.table import FakeTable
from tests.folding import (
    folder,
    private_cells,
    private_fold,
    shared_cells,
    shared_fold,
    without_zeros,
)

W: Final = "acme"
TODAY: Final = local_day(START_MS, a_workspace().zone)
EVER: Final[dict[str, object]] = {
    "startDate": add_days(TODAY, -90),
    "endDate": add_days(TODAY, 1),
}
PLENTY_MS: Final = 900_000


@dataclass
class JobQueue:
    """A queue of jobs in memory. `broken` makes it take nothing."""

    messages: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    put_back: list[int] = field(default_factory=list)
    broken: bool = False

    def send(self, message: Mapping[str, str | int], delay_s: int = 0) -> None:
        if self.broken:
            raise UnavailableError("The queue did not take the message.")
        self.messages.append((dict(message), delay_s))

    def retry_in(self, receipt_handle: str, seconds: int) -> None:
        del receipt_handle
        self.put_back.append(seconds)


class Shop:
    """A workspace that charges by tokens, its books, and repricings of them."""

    def __init__(self, spread: Spread = map, **settings: object) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.workspace = a_workspace(**{"pricing_mode": "tokens", **settings})
        self.workspaces = DynamoWorkspaces(self.table)
        self.workspaces.create(self.workspace)
        self.logs, self.accounts = DynamoUsageLogs(self.table), DynamoAccounts(self.table)
        self.directory, self.queue = DynamoDirectory(self.table), JobQueue()
        self.runs = DynamoRepricings(self.table, self.clock.random_bytes)
        run = RunRepricing(
            self.runs,
            self.directory,
            self.logs,
            DynamoAdjustments(self.table, self.clock),
            self.clock,
            spread,
        )
        self.repricings = Repricings(
            self.runs, run, self.queue, self.workspaces, self.directory, self.clock
        )
        self.jobs = RunJobs(self.runs, run, self.queue, self.clock)
        self._ledger = DynamoLedger(self.table, self.clock)

    def account(self, user: str = "alice") -> str:
        return account_id_of(self.workspace.secret, user)

    def buy(self, amount: int, user: str = "alice") -> None:
        self._ledger.move(W, user, Movement("credit", "purchase", amount), None)

    def use(self, *rows: Usage) -> list[Outcome]:
        outcomes = self._ledger.record(W, rows).outcomes
        assert all(outcome.status == "created" for outcome in outcomes), outcomes
        return outcomes

    def put_price(
        self,
        model: str,
        input_picos: int,
        output_picos: int,
        from_ms: int = 0,
        service: str = "chat",
    ) -> None:
        rates = TokenRates(input_picos, output_picos)
        self.workspaces.put_price(W, WorkspacePrice(service, model, from_ms, rates=rates))

    def reprice(self, key: str | None = None, *, dry: bool = False, **where: object) -> Repricing:
        run, _ = self.repricings.ask(W, {**EVER, "dryRun": dry, **where}, key)
        return run

    def job(self, message: Mapping[str, Any], receive_count: int = 1) -> None:
        """Have a worker take a message."""
        job = Job(
            message["workspaceId"],
            message["repricingId"],
            message["attempt"],
            "handle",
            receive_count,
        )
        self.jobs.all([job], PLENTY_MS)

    def log(self, log_id: str) -> UsageLog:
        log = self.logs.get(W, log_id)
        assert log is not None
        return log

    def listed(self, user: str = "alice", *, descending: bool = False) -> list[UsageLog]:
        found = self.logs.history(W, self.account(user), LogFilter(), descending=descending)
        return [log for _, log in found]

    def balance(self, user: str = "alice") -> int:
        head = self.accounts.head(W, self.account(user))
        assert head is not None
        return head.balance

    def entries(self, user: str = "alice") -> list[Entry]:
        account_id = self.account(user)
        head = self.accounts.head(W, account_id)
        return [] if head is None else list(self.accounts.entries(W, account_id, 1, head.seq))

    def kept(self) -> dict[tuple[str, str], Item]:
        """Every log and journal entry as it stands in the table."""
        return {
            (str(item["pk"]), str(item["sk"])): item
            for item in self.table.items()
            if item["sk"] == "LOG" or str(item["sk"]).startswith("J#")
        }

    def assert_sound(self, *users: str) -> None:
        """The chains prove themselves; Σ figures that count of logs = Σ entries = Σ cells = heads."""
        folder(self.table, queue=None)(arrivals_of(self.table.stream_records()))
        zone, everything = self.workspace.zone, list[Entry]()
        for user in users or ("alice",):
            entries, account_id = self.entries(user), self.account(user)
            found = verify(self.accounts.readable_entries(W, account_id, 1))
            assert found.first_bad_seq is None
            assert found.balance == self.balance(user)
            current = [log.current for log in self.listed(user)]
            rows = [row.sums for entry in entries for row in entry.digest]
            assert sum(row.cost for row in rows) == sum(log.cost_picos for log in current)
            assert sum(row.credits for row in rows) == sum(log.credits for log in current)
            assert sum(row.requests for row in rows) == len(current)
            assert sum(row.unpriced for row in rows) == sum(log.unpriced for log in current)
            cells = without_zeros(private_cells(self.table, W, account_id))
            assert cells == without_zeros(private_fold(entries, zone))
            everything += entries
        assert without_zeros(shared_cells(self.table, W)) == without_zeros(
            shared_fold(everything, zone)
        )


def exact(
    rates: tuple[int, int], tokens: tuple[int, int], credit_value_picos: int
) -> tuple[Fraction, int]:
    """Cost (in units) and credits of input and output tokens, by fractions."""
    cost = sum(Fraction(n * rate, PICOS) for n, rate in zip(tokens, rates, strict=True))
    return Fraction(cost), ceil(Fraction(cost) / Fraction(credit_value_picos, PICOS))


def rows(count: int, model: str = "own", user: str = "alice", **changes: Any) -> Sequence[Usage]:
    """Calls of a model, a minute apart, the latest one now."""
    return [
        a_usage(
            f"{user}-{model}-{n:04d}",
            user_id=user,
            model=model,
            occurred_ms=START_MS - (count - n) * 60_000,
            **changes,
        )
        for n in range(count)
    ]
