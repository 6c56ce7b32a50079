"""Every night everything is proved, in steps that may come twice, late, or to two at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.reconcile.schemas import is_beginning, job_of
from functions.reconcile.service import Job, ProveAll
from shared.domain.workspace import RETIRED_FOR_MS
from shared.reconcile.rebuild import ClearRetired
from shared.reconcile.report import Report
from shared.reconcile.workspace import ProveWorkspace
from shared.store.generations import DynamoGenerations
from shared.store.ledger import DynamoLedger
from shared.store.nights import DynamoNights
from shared.store.proofs import sources_of
from shared.store.schema import workspace_key
from shared.store.system import DynamoSystem
from shared.store.table import Put, StoreUnavailableError
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage, a_workspace
from tests.fakes.faults import Fault
from tests.folding import Queue, seeded
from tests.reconciling import KEY, DirectFolder, ProvedShop

OTHERS = ("alpha", "zeta")


@pytest.fixture
def shop() -> ProvedShop:
    """Three workspaces, each with users, folded."""
    shop = ProvedShop()
    shop.live(1)
    for name in OTHERS:
        DynamoWorkspaces(shop.table).create(a_workspace(workspace_id=name, enforce_credits=False))
        for user in ("ann", "ben"):
            usage = a_usage(f"{name}-{user}", user_id=user)
            DynamoLedger(shop.table, shop.clock).record(name, [usage])
    shop.fold_stream()
    return shop


def night(shop: ProvedShop, queue: Queue) -> ProveAll:
    """The use case as one instance has it."""
    workspaces, sources = DynamoWorkspaces(shop.table), sources_of(shop.table, shop.clock)
    folder = DirectFolder(shop.table, shop.clock)
    return ProveAll(
        DynamoNights(shop.table),
        workspaces,
        ProveWorkspace(sources, workspaces, KEY, folder=folder),
        ClearRetired(workspaces, sources.names, folder, shop.clock),
        DynamoSystem(shop.table),
        queue,
        shop.clock,
        transient=(StoreUnavailableError,),
    )


def job(message: dict[str, Any]) -> Job:
    """The job of a message."""
    return Job(message["runId"], message["step"])


def run(shop: ProvedShop, queue: Queue, *, seconds: float = 0.0) -> list[Report]:
    """Work off the queue, each message by an instance of its own."""
    reports = []
    while queue.messages:
        report = night(shop, queue)(job(queue.messages.pop(0)), seconds)
        if report is not None:
            reports.append(report)
    return reports


def test_everything_is_proved_an_account_a_step_when_time_is_short(shop: ProvedShop) -> None:
    queue = Queue()
    night(shop, queue).begin()

    (report,) = run(shop, queue)

    assert (report.drift, report.accounts) == ({}, 3 + 2 + 2)
    told = DynamoSystem(shop.table).nightly()
    assert (told.drift, told.reconciled_ms) == (0, shop.clock.now_ms())
    kept = DynamoNights(shop.table).load()
    assert kept is not None
    assert kept.step >= 7


def test_it_takes_one_step_when_there_is_time(shop: ProvedShop) -> None:
    queue = Queue()
    night(shop, queue).begin()

    (report,) = run(shop, queue, seconds=600)

    assert report.accounts == 7
    kept = DynamoNights(shop.table).load()
    assert kept is not None
    assert kept.step == 1


def test_drift_is_told_and_what_the_stream_lost_is_folded(shop: ProvedShop) -> None:
    shop.damage("W#zeta#C#1#D", "DAY#", rq=4)
    shop.use("alice")
    shop.lose_stream()
    shop.clock.advance(minutes=2)
    queue = Queue()
    night(shop, queue).begin()

    (report,) = run(shop, queue)

    assert (report.drift, report.behind, report.folded) == ({"cells requests": 4}, 1, 1)
    assert DynamoSystem(shop.table).nightly().drift == 4
    assert shop.prove().behind == 0


@pytest.mark.parametrize("seed", range(10))
def test_messages_that_come_twice_or_late_or_never_prove_everything_once(
    shop: ProvedShop, seed: int
) -> None:
    random, queue = seeded(seed), Queue()
    night(shop, queue).begin()
    sent: list[dict[str, Any]] = []
    reports: list[Report] = []
    for _ in range(300):
        sent += [message for message in queue.messages if message not in sent]
        if not sent or reports:
            break
        queue.messages.clear()
        queue.broken = random.random() < 0.3
        try:
            report = night(shop, queue)(job(random.choice(sent[-3:])), 0)
        except ConnectionError:
            continue
        finally:
            queue.broken = False
        reports += [report] if report is not None else []

    assert [report.accounts for report in reports] == [7]
    assert reports[0].drift == {}


def test_a_worker_that_dies_before_it_tells_the_outcome_is_followed_by_one_that_tells_it(
    shop: ProvedShop,
) -> None:
    shop.damage("W#zeta#C#1#D", "DAY#", rq=4)
    queue = Queue()
    begun = night(shop, queue).begin()

    def die() -> None:
        raise KeyboardInterrupt

    shop.table.meet("write", None, die)
    with pytest.raises(KeyboardInterrupt):
        night(shop, queue)(begun, 600)
    assert DynamoSystem(shop.table).nightly().drift is None

    report = night(shop, queue)(begun, 600)

    assert report is not None
    assert report.drift == {"cells requests": 4}
    assert DynamoSystem(shop.table).nightly().drift == 4


def test_of_two_that_do_the_same_step_one_counts(shop: ProvedShop) -> None:
    queue, other = Queue(), Queue()
    begun = night(shop, queue).begin()
    shop.table.meet(
        "write", lambda: night(shop, other)(begun, 0)
    )  # somebody else, just before the step is written down

    night(shop, queue)(begun, 0)

    assert len(other.messages) + len(queue.messages) == 2
    (report,) = run(shop, other)
    assert report.accounts == 7


def test_a_new_night_ends_the_one_that_is_under_way(shop: ProvedShop) -> None:
    queue = Queue()
    old = night(shop, queue).begin()
    night(shop, queue).begin()

    assert night(shop, queue)(old, 600) is None
    assert len(run(shop, queue, seconds=600)) == 1


def test_a_workspace_that_cannot_be_proved_keeps_none_of_the_others(shop: ProvedShop) -> None:
    item = shop.table.get(workspace_key("alpha"))
    assert item is not None
    shop.table.write(Put({**item, "tz": "Nowhere/Land"}))
    queue = Queue()
    night(shop, queue).begin()

    (report,) = run(shop, queue, seconds=600)

    assert report.drift == {"workspaces unproved": 1}
    assert report.accounts == 3 + 2


def test_a_store_that_does_not_answer_has_the_step_done_again(shop: ProvedShop) -> None:
    queue = Queue()
    begun = night(shop, queue).begin()
    queue.messages.clear()
    shop.table.meet("query", None, None, Fault.TIMEOUT_BEFORE)

    with pytest.raises(StoreUnavailableError):
        night(shop, queue)(begun, 600)
    report = night(shop, queue)(begun, 600)

    assert report is not None
    assert (report.accounts, report.drift) == (7, {})


def test_retired_cells_go_when_their_time_has_come(shop: ProvedShop) -> None:
    generations = DynamoGenerations(shop.table, shop.clock)
    generations.begin(WORKSPACE)
    generations.give_up(WORKSPACE)
    queue = Queue()
    for expected in (2, 0):
        night(shop, queue).begin()
        run(shop, queue, seconds=600)
        assert DynamoWorkspaces(shop.table).get(WORKSPACE).retired == expected
        shop.clock.advance(ms=RETIRED_FOR_MS)


def test_events_are_the_schedules_word_or_one_job() -> None:
    assert is_beginning({"nightly": True})
    event = {"Records": [{"body": '{"runId": "ab", "step": 3}'}]}
    assert not is_beginning(event)
    assert job_of(event) == Job("ab", 3)
    with pytest.raises(ValueError, match="runId"):
        job_of({"Records": [{"body": "{}"}]})


def test_a_report_survives_being_put_away() -> None:
    report = Report(accounts=3, drift={"cells cost": 5}, unsettled=["D 2026-11-20"])
    assert Report.of_plain(replace(report).plain()) == report
