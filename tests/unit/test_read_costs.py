"""What reads take from the table does not grow with the number of logs (STA-4)."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from functions.query_stats.composition import Ports, routes_of
from shared.domain.calendar import MS_PER_DAY
from shared.http.app import App
from shared.http.messages import Identity
from shared.routes import ADMIN
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.cells import DynamoCells
from shared.store.directory import DynamoDirectory
from shared.store.items import entry_item
from shared.store.ledger import DynamoLedger
from shared.store.logs import DynamoUsageLogs
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import LambdaContext, a_usage, a_workspace, http_event
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.gate import OpenGate
from tests.fakes.stream import stream_record
from tests.fakes.table import FakeTable
from tests.folding import fold

FEW, MANY = 200, 1_600
ALICE = "/api/usage-logs/user/alice"
READS: tuple[tuple[str, Mapping[str, str], float, int], ...] = (
    ("/api/usage-logs/log-7", {}, 3, 3),
    (ALICE, {}, 16, 6),
    (ALICE, {"page": "4"}, 16, 6),
    (ALICE, {"model": "m1"}, 24, 6),
    (ALICE, {"startDate": "2026-11-12T10:20:00Z", "endDate": "2026-11-18T13:40:00Z"}, 24, 10),
    ("/api/usage-logs/stats", {}, 24, 14),
    ("/api/usage-logs/stats", {"userId": "alice"}, 12, 4),
    ("/api/usage-logs/summary", {}, 6, 3),
    ("/api/usage-logs/summary", {"groupBy": "user"}, 60, 29),
    ("/api/usage/stats/acme", {}, 24, 15),
    ("/api/usage/dashboard/acme", {}, 24, 15),
    ("/api/usage/summary/acme", {}, 6, 3),
    ("/api/analytics/savings", {}, 16, 3),
    ("/api/analytics/savings", {"userId": "alice"}, 24, 6),
    ("/api/analytics/forecast", {}, 32, 40),
    ("/api/analytics/dashboard", {}, 48, 54),
    ("/api/analytics/metrics", {}, 24, 14),
    ("/api/analytics/services", {}, 16, 2),
    ("/api/analytics/models", {"userId": "alice"}, 12, 4),
    ("/api/analytics/countries", {}, 12, 3),
    ("/api/analytics/hours", {"service": "chat"}, 16, 2),
    ("/api/analytics/timeseries", {"groupBy": "month"}, 8, 2),
    ("/api/analytics/timeseries", {"groupBy": "hour"}, 24, 3),
    ("/api/analytics/users/top", {}, 60, 20),
    ("/api/analytics/users/top", {"model": "m1"}, 60, 20),
    ("/api/analytics/token-usage", {"groupBy": "model"}, 16, 2),
    ("/api/analytics/query", {"groupBy": "status"}, 12, 3),
)


class Costs:
    """Usage of ten days by four users, and what reading it takes."""

    def __init__(self, logs: int) -> None:
        clock = FakeClock()
        random = Random(logs)  # noqa: S311 - the same usage each time
        self._table = FakeTable(clock)
        DynamoWorkspaces(self._table).create(a_workspace(enforce_credits=False))
        ledger = DynamoLedger(self._table, clock)
        rows = [
            a_usage(
                f"log-{n}",
                user_id=random.choice(("alice", "bob", "carol", "dave")),
                service=random.choice(("chat", "images")),
                model=random.choice(("m1", "m2")),
                occurred_ms=START_MS - random.randrange(10 * MS_PER_DAY),
            )
            for n in range(logs)
        ]
        for start in range(0, logs, 400):
            outcomes = ledger.record("acme", rows[start : start + 400]).outcomes
            entries = {outcome.entry.hash: outcome.entry for outcome in outcomes if outcome.entry}
            fold(self._table, [stream_record(entry_item(entry)) for entry in entries.values()])
        ports = Ports(
            DynamoWorkspaces(self._table),
            DynamoDirectory(self._table),
            DynamoUsageLogs(self._table),
            DynamoCells(self._table),
            DynamoAccounts(self._table),
            DynamoThresholds(self._table, clock).readable,
            DynamoAlerts(self._table).newest,
            clock,
            map,
        )
        admin = Identity("acme", ADMIN, "ada")
        self._app = App(lambda _: admin, OpenGate(), routes_of(ports))

    def of(self, path: str, query: Mapping[str, str]) -> tuple[float, int]:
        """Read units and calls of one request."""
        units, calls = self._table.units.reads, self._table.calls.total()
        answer = self._app(http_event("GET", path, query=query), LambdaContext())
        assert answer["statusCode"] == 200, answer
        return self._table.units.reads - units, self._table.calls.total() - calls


@pytest.fixture(scope="module")
def few() -> Costs:
    return Costs(FEW)


@pytest.fixture(scope="module")
def many() -> Costs:
    return Costs(MANY)


@pytest.mark.parametrize(("path", "query", "units", "calls"), READS)
def test_a_read_takes_about_the_same_of_eight_times_the_logs(
    few: Costs, many: Costs, path: str, query: Mapping[str, str], units: float, calls: int
) -> None:
    little, much = few.of(path, query), many.of(path, query)

    assert much[0] <= units
    assert much[1] <= calls
    assert much[0] <= 2 * little[0] + 8
