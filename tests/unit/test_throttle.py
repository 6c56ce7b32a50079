"""Rate limits hold across instances, however they share the work (SEC-4)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import RateLimitedError, UnavailableError
from shared.domain.throttle import SLOT_MS, SLOTS, slot_of
from shared.http.gate.rates import SHARES_REMEMBERED, Rates, RateSettings
from shared.http.messages import Identity
from shared.ports.rate_counters import RateCounter
from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from shared.store.rate_counters import MOST_OLD, DynamoRateCounters
from shared.store.schema import rate_key
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Fault
from tests.fakes.table import FakeTable

MINUTE_MS: Final = 60_000
CALLER: Final = RateCounter("acme", "key:k1")


class Fleet:
    """Instances of functions over one table, and the moments at which they let requests through."""

    def __init__(self, size: int, limit: int) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.limit = limit
        self.instances = [self.instance() for _ in range(size)]
        self.let_through: list[int] = []

    def instance(self) -> Rates:
        return Rates(DynamoRateCounters(self.table), self.clock)

    def ask(self, instance: int) -> bool:
        try:
            self.instances[instance].take(CALLER, self.limit)
        except RateLimitedError:
            return False
        self.let_through.append(self.clock.now_ms())
        return True

    def most_in_a_minute(self) -> int:
        return max(
            (
                sum(start <= at < start + MINUTE_MS for at in self.let_through)
                for start in self.let_through
            ),
            default=0,
        )


def refusal(rates: Rates, limit: int = 1, counter: RateCounter = CALLER) -> RateLimitedError:
    with pytest.raises(RateLimitedError) as caught:
        rates.take(counter, limit)
    return caught.value


@given(
    limit=st.integers(1, 40),
    steps=st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from([0, 1, 40, 700, 2_999, 3_000, 20_000])),
        max_size=300,
    ),
)
def test_no_minute_ever_sees_more_than_the_limit(limit: int, steps: list[tuple[int, int]]) -> None:
    """Law: whoever asks whichever instance when, sixty seconds never hold more than the limit."""
    fleet = Fleet(8, limit)
    for instance, wait_ms in steps:
        fleet.clock.advance(ms=wait_ms)
        fleet.ask(instance)
    assert fleet.most_in_a_minute() <= limit


@pytest.mark.parametrize("limit", [1, 2, 7, 60, 600, 5_000])
@pytest.mark.parametrize("size", [1, 8])
def test_a_caller_gets_all_of_the_limit_at_once(limit: int, size: int) -> None:
    fleet = Fleet(size, limit)
    asked = sum(fleet.ask(number % size) for number in range(limit * 2 + size * 4))
    # What an instance took for itself last, it uses: they all go on asking.
    assert asked == limit


@pytest.mark.parametrize("limit", [600, 6_000])
def test_eight_instances_at_once_get_the_limit_between_them(limit: int) -> None:
    """SEC-4: threads, one instance each; not over, and hardly under."""
    fleet = Fleet(8, limit)

    def work(instance: int) -> int:
        let_through = 0
        while fleet.ask(instance):
            let_through += 1
        return let_through

    with ThreadPoolExecutor(8) as threads:
        let_through = sum(threads.map(work, range(8)))
    assert limit * 0.99 <= let_through <= limit


@pytest.mark.parametrize("limit", [1, 3, 20, 600])
def test_who_hammers_for_minutes_gets_the_limit_in_each(limit: int) -> None:
    """Refused instances hold nothing back: not even where they are more than the limit."""
    fleet = Fleet(8, limit)
    asked = max(8, limit // 10)
    for _ in range(3 * 63):
        for number in range(asked):
            fleet.ask(number % 8)
        fleet.clock.advance(seconds=1)
    assert fleet.most_in_a_minute() <= limit
    assert len(fleet.let_through) >= 3 * limit * 0.95


def test_who_stays_below_the_limit_is_never_refused() -> None:
    """Permits that were taken and not used come back: half the limit, spread over many instances."""
    fleet = Fleet(8, 600)
    for second in range(180):
        for number in range(5):
            assert fleet.ask((second * 5 + number * 3) % 8)
        fleet.clock.advance(seconds=1)


def test_a_busy_caller_costs_next_to_nothing() -> None:
    """A hundred requests a second: far less than one write unit each."""
    fleet = Fleet(1, 60_000)
    for _ in range(6_000):
        assert fleet.ask(0)
        fleet.clock.advance(ms=10)
    assert fleet.table.units.writes < 6_000 * 0.05


def test_a_refused_instance_looks_again_once_a_slot_and_not_with_each_request() -> None:
    fleet = Fleet(1, 10)
    for _ in range(10):
        fleet.ask(0)
    written = fleet.table.calls["write"]
    for _ in range(100):
        assert not fleet.ask(0)
    assert fleet.table.calls["write"] <= written + 2


def test_a_refusal_says_when_the_next_request_may_be() -> None:
    fleet = Fleet(2, 1)
    assert fleet.ask(0)
    error = refusal(fleet.instances[1])
    assert (error.limit, error.status, error.code) == (1, 429, "rate_limited")
    assert 0 < error.retry_after_seconds <= (SLOTS + 1) * SLOT_MS // 1000
    fleet.clock.advance(seconds=error.retry_after_seconds)
    assert fleet.ask(1)


def test_an_allowance_counts_down() -> None:
    fleet = Fleet(1, 60)
    seen = [fleet.instances[0].take(CALLER, 60) for _ in range(60)]
    assert [allowance.remaining for allowance in seen] == list(range(59, -1, -1))
    assert seen[0].headers() == {
        "ratelimit-limit": "60",
        "ratelimit-remaining": "59",
        "ratelimit-reset": "63",
    }


def test_callers_do_not_share_a_limit() -> None:
    fleet = Fleet(1, 1)
    rates = fleet.instances[0]
    for counter in (
        CALLER,
        RateCounter("acme", "key:k2"),
        RateCounter("globex", "key:k1"),
        RateCounter(None, "203.0.113.7"),
    ):
        rates.take(counter, 1)
        assert refusal(rates, 1, counter).limit == 1


def test_a_changed_limit_holds_at_once() -> None:
    fleet = Fleet(1, 10)
    rates = fleet.instances[0]
    for _ in range(5):
        rates.take(CALLER, 10)
    assert refusal(rates, 5).limit == 5
    rates.take(CALLER, 20)


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.THROTTLED, Fault.TIMEOUT_AFTER])
def test_without_the_table_an_instance_lets_its_part_of_the_limit_through(fault: Fault) -> None:
    """A store that is down neither opens nor closes everything."""
    fleet = Fleet(1, 600)
    fleet.table.meet_chaos(lambda call: fault)
    assert sum(fleet.ask(0) for _ in range(200)) == 600 // SLOTS
    assert fleet.table.calls["write"] == 1, "it does not run into the same wall with each request"
    fleet.clock.advance(ms=SLOT_MS)
    assert fleet.ask(0)
    fleet.table.meet_chaos(None)
    fleet.clock.advance(seconds=63)
    assert sum(fleet.ask(0) for _ in range(700)) >= 600 * 0.99


def test_a_lost_answer_never_lets_too_many_through() -> None:
    """What was taken in vain counts as used until its slot has gone by."""
    fleet = Fleet(2, 10)
    fleet.table.meet("write", Fault.TIMEOUT_AFTER)
    for number in range(40):
        fleet.clock.advance(ms=500)
        fleet.ask(number % 2)
    assert fleet.most_in_a_minute() <= 10 + 1, "one instance was blind for a slot: a twentieth more"


def test_a_permit_that_cannot_be_given_back_is_lost_for_a_minute_only() -> None:
    fleet = Fleet(2, 1)
    assert fleet.ask(0)
    fleet.table.meet("write", None, Fault.TIMEOUT_BEFORE)
    assert not fleet.ask(1)
    fleet.clock.advance(seconds=66)
    assert fleet.ask(1)


def test_an_item_of_a_caller_stays_small_and_goes_at_last() -> None:
    fleet = Fleet(1, 600)
    for _ in range(200):
        fleet.instances[0] = fleet.instance()  # who forgets everything between two requests
        assert fleet.ask(0)
        fleet.clock.advance(seconds=4)
    (item,) = fleet.table.items()
    assert len(item) <= SLOTS + 1 + MOST_OLD + 4
    last_asked_s = fleet.let_through[-1] // 1000
    assert isinstance(item["ttl"], int)
    assert 0 <= last_asked_s + 90 * 86_400 - item["ttl"] < 3
    assert {"pk": item["pk"], "sk": item["sk"]} == rate_key("acme", "key:k1")


def test_clocks_that_differ_change_nothing() -> None:
    """An instance ahead of the others counts, too."""
    fleet = Fleet(1, 5)
    ahead = FakeClock(START_MS + 2 * SLOT_MS)
    other = Rates(DynamoRateCounters(fleet.table), ahead)
    for _ in range(5):
        other.take(CALLER, 5)
    assert not fleet.ask(0)


def test_a_clock_that_is_put_back_does_not_open_the_gate() -> None:
    fleet = Fleet(1, 5)
    for _ in range(5):
        assert fleet.ask(0)
    fleet.clock.set(START_MS - 2 * SLOT_MS)
    assert not fleet.ask(0)


def test_an_instance_remembers_a_bounded_number_of_callers() -> None:
    fleet = Fleet(1, 5)
    for number in range(SHARES_REMEMBERED + 5):
        fleet.instances[0].take(RateCounter("acme", f"key:{number}"), 5)
    assert len(fleet.instances[0]._shares) == SHARES_REMEMBERED


class Broken:
    def add(self, counter: RateCounter, changes: Mapping[int, int]) -> Mapping[int, int]:
        raise UnavailableError("down")


def test_the_smallest_limit_still_lets_somebody_through_while_blind() -> None:
    rates = Rates(Broken(), FakeClock())
    rates.take(CALLER, 1)
    assert refusal(rates, 1).retry_after_seconds <= 3


@pytest.mark.parametrize(
    ("role", "own", "limit"),
    [
        (SERVICE, None, 60_000),
        (ADMIN, None, 3_000),
        (OPERATOR, None, 3_000),
        (USER, None, 600),
        (SERVICE, 120, 120),
        (SERVICE, 60_000, 60_000),
    ],
)
def test_limits_are_those_of_the_contract(role: str, own: int | None, limit: int) -> None:
    identity = Identity("acme", role, "x", rate_per_minute=own)
    assert RateSettings().limit_of(identity) == limit


def test_a_key_cannot_be_held_to_more_than_its_role() -> None:
    settings = RateSettings.read("service=100")
    assert settings.limit_of(Identity("acme", SERVICE, "k", rate_per_minute=500)) == 100


def test_limits_are_settings() -> None:
    settings = RateSettings.read("service=7 user=8 bad=9")
    assert dict(settings.per_minute) == {SERVICE: 7, USER: 8, ADMIN: 3_000, OPERATOR: 3_000}
    assert settings.bad_per_minute == 9
    assert RateSettings.read("") == RateSettings()


@pytest.mark.parametrize("text", ["service", "service=x", "service=0", "nobody=5", "user=-1"])
def test_a_limit_that_is_none_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - int's own message or ours
        RateSettings.read(text)


def test_slots_cut_time_where_all_instances_do() -> None:
    assert slot_of(START_MS) == slot_of(START_MS + SLOT_MS - 1) == slot_of(START_MS + SLOT_MS) - 1
