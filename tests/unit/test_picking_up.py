"""Long work that nobody is at any more is gone on with, or told to have failed (SEC-5, EXP-2, PRI-4)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from functions.export import service as export_service
from functions.export.jobs import MAX_RECEIVES
from functions.reconcile.picking_up import PickUpJobs
from functions.repricing import service as repricing_service
from shared.domain.errors import UnavailableError
from shared.domain.exports import Export
from shared.domain.jobs import MAX_TRIES
from shared.store.erasures import DynamoErasures
from shared.store.under_way import DynamoUnderWay
from tests.erasing import PERSON, SECRETS, Registry
from tests.exports import ADMIN, Desk, Message
from tests.factories import WORKSPACE
from tests.fakes.faults import Call
from tests.repricing_shop import Shop, W, rows

IDLE: dict[str, Any] = {"sent": 0, "failed": 0}


class KilledError(BaseException):
    """The process dies: nothing that handles errors gets to run."""


def die(*_: object) -> None:
    raise KilledError


@pytest.fixture
def registry() -> Registry:
    return Registry()


def look(desk: Registry) -> dict[str, int]:
    """Look once; what was sent on its way and what has failed."""
    queues: Any = {"erasure": desk.erasure_queue, "export": desk.queue}
    found = PickUpJobs(DynamoUnderWay(desk.table), queues, desk.clock)()
    return {"sent": found.sent, "failed": found.failed}


def killed(work: Callable[[], object]) -> None:
    with pytest.raises(KilledError):
        work()


class TestErasures:
    def died_before_its_job(self, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> str:
        account_id = registry.settle_in()
        with monkeypatch.context() as dying:
            dying.setattr(registry.erasure_queue, "send", die)
            killed(lambda: registry.erase.ask(WORKSPACE, PERSON))
        return account_id

    def test_one_whose_job_was_never_sent_is_done_although_the_user_came_back(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.died_before_its_job(registry, monkeypatch)
        registry.use("new-1", PERSON)
        registry.erased()
        assert registry.traces() >= set(SECRETS) - {PERSON}
        registry.clock.advance(minutes=20)

        assert look(registry) == {"sent": 1, "failed": 0}

        registry.work()
        assert registry.traces() == set()
        registry.clock.advance(days=2)
        assert look(registry) == IDLE

    def test_one_that_is_at_work_is_left_alone(self, registry: Registry) -> None:
        account_id = registry.settle_in()
        erasure = registry.erase.ask(WORKSPACE, PERSON)
        registry.clock.advance(minutes=19)
        erasures = DynamoErasures(registry.table, registry.workspaces, registry.clock, map)
        list(erasures.steps(erasure))
        registry.clock.advance(minutes=19)

        assert look(registry) == IDLE
        assert registry.erasure_queue.sent == [(WORKSPACE, account_id)]

    def test_who_dies_before_sending_is_followed_by_the_next_look(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.died_before_its_job(registry, monkeypatch)
        registry.clock.advance(minutes=20)
        with monkeypatch.context() as dying:
            dying.setattr(registry.erasure_queue, "send", die)
            killed(lambda: look(registry))
        registry.clock.advance(minutes=40)

        assert look(registry) == {"sent": 1, "failed": 0}

    def test_one_that_fails_each_time_is_sent_after_ever_longer_waits_and_never_given_up(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.died_before_its_job(registry, monkeypatch)
        sent_in_a_week, waits = 0, []
        for quarter in range(7 * 24 * 4):
            found = look(registry)
            assert found["failed"] == 0
            if found["sent"]:
                waits.append(quarter)
            sent_in_a_week += found["sent"]
            registry.clock.advance(minutes=15)

        gaps = [later - before for before, later in pairwise(waits)]
        assert gaps == sorted(gaps)
        assert gaps[-1] == 24 * 4
        assert 6 < sent_in_a_week < 16
        registry.work()
        assert registry.traces() == set()

    def test_a_sign_of_life_between_look_and_message_keeps_it_from_being_sent(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account_id = self.died_before_its_job(registry, monkeypatch)
        registry.clock.advance(minutes=20)
        registry.table.meet("write", lambda: registry.erase.go_on(WORKSPACE, account_id, 900_000))

        assert look(registry) == IDLE
        assert registry.erasure_queue.sent == []
        assert registry.traces() == set()

    def test_the_age_of_the_oldest_is_told(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.died_before_its_job(registry, monkeypatch)
        registry.clock.advance(minutes=30 * 60)
        queues: Any = {"erasure": registry.erasure_queue}
        pick_up = PickUpJobs(DynamoUnderWay(registry.table), queues, registry.clock)

        assert pick_up().metrics() == {"JobsPickedUp": 1, "JobsGivenUp": 0, "ErasureHours": 30.0}
        registry.work()
        assert pick_up().metrics()["ErasureHours"] == 0


class TestExports:
    @pytest.fixture
    def desk(self, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
        """Two users with a log each, and a request that leaves everything to jobs."""
        monkeypatch.setattr(export_service, "INLINE_ROWS", -1)
        for user in ("alice", "bob"):
            registry.use(f"{user}-1", user)
        return registry

    def the_one(self, desk: Desk) -> Export:
        (export,) = desk.store.newest(WORKSPACE, None)
        return export

    def test_one_whose_job_was_never_sent_is_run(
        self, desk: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as dying:
            dying.setattr(desk.queue, "send", die)
            killed(lambda: desk.usage(ADMIN))
        export = self.the_one(desk)
        assert (export.status, desk.queue.sent) == ("running", [])
        desk.clock.advance(minutes=20)

        assert look(desk) == {"sent": 1, "failed": 0}

        assert desk.queue.sent == [(WORKSPACE, export.export_id)]
        desk.jobs.all([Message(export.export_id).taken()], 900_000)
        assert self.the_one(desk).status == "done"
        desk.clock.advance(days=1)
        assert look(desk) == IDLE

    def test_one_whose_workers_all_died_has_failed(self, desk: Registry) -> None:
        asked = desk.usage(ADMIN)
        message = Message(asked.export_id)
        desk.files.create = die  # type: ignore[method-assign, assignment]
        for _ in range(MAX_RECEIVES):
            killed(lambda: desk.jobs.all([message.taken()], 900_000))
            desk.clock.advance(minutes=16)
        assert self.the_one(desk).status == "running"
        desk.clock.advance(minutes=4)

        assert look(desk) == {"sent": 0, "failed": 1}

        assert self.the_one(desk).status == "failed"
        desk.clock.advance(days=1)
        assert look(desk) == IDLE

    def test_one_that_nobody_takes_is_sent_some_times_and_then_has_failed(
        self, desk: Registry
    ) -> None:
        desk.usage(ADMIN)
        desk.queue.sent.clear()
        seen = []
        for _ in range(12):
            desk.clock.advance(minutes=15)
            seen.append(look(desk))

        assert len(desk.queue.sent) == sum(each["sent"] for each in seen) == MAX_TRIES
        assert sum(each["failed"] for each in seen) == 1
        assert self.the_one(desk).status == "failed"

    def test_one_that_is_done_or_has_failed_is_not_under_way(self, desk: Registry) -> None:
        done, failed = desk.usage(ADMIN), desk.usage(ADMIN)
        desk.jobs.all([Message(done.export_id).taken()], 900_000)
        desk.store.fail(failed)

        assert list(DynamoUnderWay(desk.table).all()) == []


class TestRepricings:
    @pytest.fixture
    def shop(self, monkeypatch: pytest.MonkeyPatch) -> Shop:
        """Unpriced logs that a price has come for, and a request that leaves everything to jobs."""
        monkeypatch.setattr(repricing_service, "INLINE_SECONDS", -1.0)
        shop = Shop(enforce_credits=False)
        shop.use(*rows(3))
        shop.put_price("own", 1_000_000, 0)
        return shop

    def look(self, shop: Shop) -> dict[str, int]:
        found = PickUpJobs(DynamoUnderWay(shop.table), {}, shop.clock)()
        return {"sent": found.sent, "failed": found.failed}

    def test_one_whose_workers_all_died_has_failed_and_goes_on_when_its_message_is_put_back(
        self, shop: Shop
    ) -> None:
        run = shop.reprice()
        message = shop.queue.messages[-1][0]
        shop.table.meet_chaos(lambda call: die if call.verb == "transact" else None)
        for received in range(1, MAX_RECEIVES + 1):
            killed(lambda n=received: shop.job(message, n))  # type: ignore[misc]
            shop.clock.advance(minutes=16)
            assert self.look(shop) == IDLE
        shop.table.meet_chaos(None)
        shop.clock.advance(minutes=44)

        assert self.look(shop) == {"sent": 0, "failed": 1}

        assert shop.repricings.get(W, run.repricing_id).status == "failed"
        shop.job(message)
        again = shop.repricings.get(W, run.repricing_id)
        assert (again.status, again.tally.logs) == ("done", 3)
        shop.assert_sound()

    def test_one_that_failed_each_time_goes_on_when_its_message_is_put_back(
        self, shop: Shop
    ) -> None:
        run = shop.reprice()
        message = shop.queue.messages[-1][0]

        def refused(call: Call) -> Any:
            def refuse() -> None:
                raise UnavailableError("Not now.")

            return refuse if call.verb == "transact" else None

        shop.table.meet_chaos(refused)
        for received in range(1, MAX_RECEIVES + 1):
            with pytest.raises(UnavailableError):
                shop.job(message, received)
        shop.table.meet_chaos(None)
        assert shop.repricings.get(W, run.repricing_id).status == "failed"

        shop.job(message)

        again = shop.repricings.get(W, run.repricing_id)
        assert (again.status, again.tally.logs) == ("done", 3)

    def test_one_that_cannot_be_handed_over_is_gone_on_with_by_the_message_sent_before(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send, sent = shop.queue.send, 0

        def once(message: Any, delay_s: int = 0) -> None:
            nonlocal sent
            sent += 1
            if sent > 1:
                raise UnavailableError("The queue did not take the message.")
            send(message, delay_s)

        monkeypatch.setattr(shop.queue, "send", once)
        run = shop.reprice()
        assert run.status == "running"
        ((take_over, _),) = shop.queue.messages

        shop.job(take_over)

        assert shop.repricings.get(W, run.repricing_id).status == "done"
