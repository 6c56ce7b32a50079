"""What reading takes of the table, over few events and over very many (STA-4).

Read units are counted by DynamoDB's rules, by the tests' table: the local cloud tells one for every read,
however large. The events are folded here and their cells written at once, for what is measured is the
reading. What a dashboard reads grows with what usage is spread over (users, models, hours), which is the same
for all numbers of events; what cannot be the same is how many response times have been seen of each model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

from benchmarks.results import Result
from benchmarks.results import table as as_table
from functions.query_stats.composition import Ports, routes_of
from shared.domain.calendar import MS_PER_DAY, local_day_hour
from shared.domain.cells import Deltas, fold_private, fold_shared, merge
from shared.domain.digests import DigestRow, Dimensions
from shared.domain.folding import Committed, Place
from shared.domain.head import Head
from shared.domain.ids import account_id_of
from shared.domain.sums import Sums, bucket_of
from shared.domain.workspace import Workspace
from shared.http.messages import Identity, Request
from shared.routes import ADMIN
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.cell_items import private_update, shared_update
from shared.store.cells import DynamoCells
from shared.store.directory import DynamoDirectory
from shared.store.items import head_item
from shared.store.logs import DynamoUsageLogs
from shared.store.table import Put, Update
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import a_workspace
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.table import FakeTable
from tests.ledger_shop import LedgerShop

FEW: Final = 1_000
GOALS: Final = {100_000: 1.05, 1_000_000: 1.05}
"""How much more so many events may take than `FEW` of them."""

PAGES: Final = 1_000
PAGE_ROWS: Final = 20
GOAL_PAGE: Final = 1.05

DAYS: Final = 30
USERS: Final = 20
SERVICES: Final = ("assistant", "search")
MODELS: Final = ("large", "small")
BUSY_HOURS: Final = range(10, 16)
MEDIAN_MS: Final = 400
ROUTE: Final = "GET /api/analytics/dashboard"


def run() -> list[Result]:
    """Measure a dashboard of thirty days over each number of events, and pages of a long journal."""
    few = _read(*_filled(FEW))
    results = [
        Result(
            f"dashboard, {events:,} events to {FEW:,}",
            _read(*_filled(events)),
            "read units",
            few,
            goal,
        )
        for events, goal in GOALS.items()
    ]
    shop = LedgerShop()
    for _ in range(PAGES * PAGE_ROWS):
        shop.move("purchase")
    first, last = (
        shop.costs("/api/admin/transactions/alice", {"page": page, "limit": PAGE_ROWS})[0]
        for page in (1, PAGES)
    )
    title = f"page {PAGES:,} of a journal to page 1"
    return [*results, Result(title, last, "read units", first, GOAL_PAGE)]


def _read(table: FakeTable, workspace: Workspace) -> float:
    ports = Ports(
        workspaces=DynamoWorkspaces(table),
        directory=DynamoDirectory(table),
        logs=DynamoUsageLogs(table),
        cells=DynamoCells(table),
        accounts=DynamoAccounts(table),
        thresholds=lambda _: (),
        newest_alerts=DynamoAlerts(table).newest,
        clock=FakeClock(),
        spread=map,
    )
    request = Request.of({"routeKey": ROUTE}, "benchmark")
    before = table.units.reads
    answer = routes_of(ports)[ROUTE](request, Identity(workspace.workspace_id, ADMIN, "benchmark"))
    assert answer.status == 200
    return table.units.reads - before


def _filled(events: int) -> tuple[FakeTable, Workspace]:
    """A workspace with the cells of so many events up to now."""
    table, workspace = FakeTable(FakeClock()), a_workspace()
    DynamoWorkspaces(table).create(workspace)
    shared: Deltas = {}
    private: dict[str, Deltas] = {}
    for account_id, row in _rows(workspace, events):
        merge(shared, fold_shared([row]))
        merge(private.setdefault(account_id, {}), fold_private([row]))
    for account_id in private:
        table.write(Put(head_item(Head(workspace.workspace_id, account_id, balance=10**9))))
    for update in _updates(workspace, shared, private):
        table.write(update)
    return table, workspace


def _rows(workspace: Workspace, events: int) -> Iterator[tuple[str, DigestRow]]:
    """Events at random, the same each time: in the busy hours of each day, few users make most of them."""
    random = Random(events)  # noqa: S311 - no secret
    accounts = [account_id_of(workspace.secret, f"user-{n}") for n in range(USERS)]
    for _ in range(events):
        at_ms = START_MS - random.randrange(1, DAYS) * MS_PER_DAY
        day, _ = local_day_hour(at_ms, workspace.zone)
        hour = random.choice(BUSY_HOURS)
        service, model = random.choice(SERVICES), random.choice(MODELS)
        given, output = random.randrange(200, 4_000), random.randrange(20, 900)
        time_ms = int(MEDIAN_MS * random.lognormvariate(0, 0.2))
        cost = given * 250_000 + output * 2_000_000
        sums = Sums(
            requests=1,
            input=given,
            output=output,
            total=given + output,
            credits=-(-cost // 10**9),
            cost=cost,
            timed=1,
            time_ms=time_ms,
            rated_output=output,
            rated_ms=time_ms,
            token_cost=cost,
            buckets={bucket_of(time_ms): 1},
        )
        place = Dimensions(day, hour, service, "openai", model, "KR", "web", failed=False)
        yield accounts[int(random.random() ** 2 * USERS)], DigestRow(place, sums)


def _updates(
    workspace: Workspace, shared: Deltas, private: Mapping[str, Deltas]
) -> Iterator[Update]:
    workspace_id, generation = workspace.workspace_id, workspace.generation
    for key, delta in shared.items():
        yield shared_update(workspace_id, generation, key, delta, Committed(START_MS, START_MS))
    for account_id, deltas in private.items():
        for key, delta in deltas.items():
            yield private_update(Place(workspace_id, generation, account_id), key, [(1, delta)])


if __name__ == "__main__":
    print(as_table(run()))
