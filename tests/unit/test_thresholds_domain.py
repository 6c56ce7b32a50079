"""Laws of thresholds: what fires, when, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.alerts import Alert, Change, Figures, Line, Moment, due, figures_of
from shared.domain.calendar import MS_PER_DAY, day_start_ms, local_day, month_of, period_end_ms
from shared.domain.head import Counters, Head, Metric
from shared.domain.thresholds import Rules, Threshold, new_threshold, revised

ZONE = ZoneInfo("Asia/Kathmandu")
DAY = "2026-11-20"
NOON = day_start_ms(DAY, ZONE) + MS_PER_DAY // 2
ACCOUNT = "acct_00000000000000000001"
OTHER = "acct_00000000000000000002"


def rules(
    daily: int | None = 100,
    monthly: int | None = None,
    *,
    percents: tuple[int, ...] = (80, 100),
    metric: Metric = "requests",
    account_id: str | None = None,
    enabled: bool = True,
) -> Rules:
    return Rules("user", account_id, metric, daily, monthly, percents, enabled=enabled)


def threshold(given: Rules | None = None, at_ms: int = NOON - 1000) -> Threshold:
    return new_threshold("acme", "th_1", given or rules(), at_ms)


def day_of(requests: int, account_id: str | None = ACCOUNT, day: str = DAY) -> Figures:
    return Figures(account_id, day, Counters(requests, requests * 10, requests * 1000, requests))


def reached(
    figures: list[Figures], thresholds: list[Threshold], at_ms: int, zone: ZoneInfo
) -> list[Line]:
    """What is due when one write leaves these figures."""
    moment = Moment(at_ms, at_ms)
    return due(Change("acme", tuple(figures), (moment,)), thresholds, moment, zone)


def percents(lines: list[Line]) -> list[int | None]:
    return [line.percent for line in lines]


class Book:
    """The alerts on record: what `due` says is written down unless it is there already."""

    def __init__(self) -> None:
        self.alerts: dict[str, Line] = {}

    def write(self, lines: list[Line]) -> list[int | None]:
        fresh = [line for line in lines if line.alert_id not in self.alerts]
        self.alerts |= {line.alert_id: line for line in fresh}
        return percents(fresh)


def test_several_lines_crossed_in_one_write_all_fire_and_none_on_the_next() -> None:
    book, watched = Book(), [threshold(rules(percents=(50, 80, 100)))]

    assert book.write(reached([day_of(49)], watched, NOON, ZONE)) == []
    assert book.write(reached([day_of(100)], watched, NOON + 1, ZONE)) == [50, 80, 100]
    assert book.write(reached([day_of(500)], watched, NOON + 2, ZONE)) == []


def test_a_line_is_compared_in_whole_numbers() -> None:
    watched = [threshold(rules(daily=3, percents=(33, 34)))]

    # 1 of 3 is 33.3 %: at or above 33, below 34.
    assert percents(reached([day_of(1)], watched, NOON, ZONE)) == [33]


def test_a_changed_limit_fires_its_lines_again_and_an_unchanged_one_does_not() -> None:
    book, first = Book(), threshold(rules(daily=100, monthly=1000))
    month = Figures(ACCOUNT, "2026-11", Counters(1000))
    assert book.write(reached([day_of(100), month], [first], NOON, ZONE)) == [80, 100, 80, 100]

    raised = revised(first, rules(daily=110, monthly=1000), NOON + 1)

    assert book.write(reached([day_of(100), month], [raised], NOON + 2, ZONE)) == [80]
    assert book.write(reached([day_of(110), month], [raised], NOON + 3, ZONE)) == [100]
    lowered = revised(raised, rules(daily=50, monthly=1000), NOON + 4)
    assert book.write(reached([day_of(110), month], [lowered], NOON + 5, ZONE)) == [80, 100]


def test_a_limit_taken_away_and_set_again_is_a_changed_limit() -> None:
    first = threshold(rules(daily=100, monthly=900))
    book = Book()
    book.write(reached([day_of(100)], [first], NOON, ZONE))

    without = revised(first, rules(daily=None, monthly=900), NOON + 1)
    again = revised(without, rules(daily=100, monthly=900), NOON + 2)

    assert reached([day_of(100)], [without], NOON + 3, ZONE) == []
    assert book.write(reached([day_of(100)], [again], NOON + 3, ZONE)) == [80, 100]


def test_changing_what_is_not_a_limit_fires_nothing_again() -> None:
    first = threshold()
    book = Book()
    book.write(reached([day_of(100)], [first], NOON, ZONE))

    silenced = revised(first, rules(enabled=False), NOON + 1)
    woken = revised(silenced, rules(percents=(80, 90, 100)), NOON + 2)

    assert book.write(reached([day_of(100)], [woken], NOON + 3, ZONE)) == [90]


def test_a_switched_off_threshold_is_silent() -> None:
    assert reached([day_of(100)], [threshold(rules(enabled=False))], NOON, ZONE) == []


def test_a_threshold_counts_from_its_answer_on() -> None:
    late = threshold(at_ms=NOON)

    assert reached([day_of(100)], [late], NOON - 1, ZONE) == []
    assert percents(reached([day_of(100)], [late], NOON, ZONE)) == [80, 100]


def test_whoever_is_watched_anew_is_watched_from_then_on() -> None:
    mine = threshold(rules(account_id=OTHER))

    moved = revised(mine, rules(account_id=ACCOUNT), NOON)

    assert reached([day_of(100)], [moved], NOON - 1, ZONE) == []
    assert percents(reached([day_of(100)], [moved], NOON, ZONE)) == [80, 100]


def test_a_threshold_switched_on_again_counts_from_then_on() -> None:
    silenced = revised(threshold(), rules(enabled=False), NOON - 10)

    woken = revised(silenced, rules(), NOON)

    assert reached([day_of(100)], [woken], NOON - 1, ZONE) == []
    assert percents(reached([day_of(100)], [woken], NOON, ZONE)) == [80, 100]


def test_a_clock_that_goes_back_does_not_take_a_threshold_with_it() -> None:
    first = threshold(at_ms=NOON)

    changed = revised(first, rules(daily=50), NOON - 5000)

    assert (changed.updated_ms, changed.daily.since_ms) == (NOON, NOON)


def test_figures_of_another_day_or_month_are_not_watched() -> None:
    watched = [threshold(rules(daily=1, monthly=1, percents=(100,)), at_ms=0)]
    yesterday, tomorrow = day_of(9, day="2026-11-19"), day_of(9, day="2026-11-21")
    months = [Figures(ACCOUNT, month, Counters(9)) for month in ("2026-10", "2026-12")]

    assert reached([yesterday, tomorrow, *months], watched, NOON, ZONE) == []


def test_a_day_ends_at_local_midnight() -> None:
    watched = [threshold(rules(percents=(100,)), at_ms=0)]
    last_ms = day_start_ms("2026-11-21", ZONE) - 1

    assert percents(reached([day_of(100)], watched, last_ms, ZONE)) == [100]
    assert reached([day_of(100)], watched, last_ms + 1, ZONE) == []
    assert period_end_ms(DAY, ZONE) == last_ms + 1
    assert period_end_ms("2026-11", ZONE) == day_start_ms("2026-12-01", ZONE)


def test_scopes_and_named_users_are_kept_apart() -> None:
    everyone, named = threshold(), threshold(rules(account_id=OTHER))
    whole = new_threshold("acme", "th_1", Rules("workspace", None, "requests", 100, None), 0)

    assert everyone.watches(ACCOUNT)
    assert not everyone.watches(None)
    assert named.watches(OTHER)
    assert not named.watches(ACCOUNT)
    assert whole.watches(None)
    assert not whole.watches(ACCOUNT)


def test_each_user_has_alerts_of_their_own() -> None:
    lines = [
        *reached([day_of(100)], [threshold()], NOON, ZONE),
        *reached([day_of(100, OTHER)], [threshold()], NOON, ZONE),
    ]

    assert len({line.alert_id for line in lines}) == 4


@pytest.mark.parametrize(
    ("metric", "expected"), [("requests", 7), ("tokens", 70), ("cost", 7000), ("credits", 7)]
)
def test_every_metric_is_measured_on_its_own_figure(metric: Metric, expected: int) -> None:
    watched = [threshold(rules(daily=1, metric=metric, percents=(100,)))]

    assert [line.value for line in reached([day_of(7)], watched, NOON, ZONE)] == [expected]


def test_a_head_gives_the_day_and_month_of_its_latest_entry() -> None:
    head = Head("acme", ACCOUNT, day=DAY, today=Counters(1), month="2026-11")

    day, month = figures_of(head)

    assert (day.kind, day.period, day.counters) == ("daily", DAY, Counters(1))
    assert (month.kind, month.period, month.counters) == ("monthly", "2026-11", Counters())


def test_blocks_are_there_only_for_a_blocking_threshold() -> None:
    blocking = Rules("user", None, "cost", 5, 7, block=True)

    assert threshold().blocks() == ()
    assert [(b.period, b.limit) for b in threshold(blocking).blocks()] == [
        ("daily", 5),
        ("monthly", 7),
    ]


def test_an_acknowledged_alert_still_waits_to_be_delivered() -> None:
    (line,) = reached([day_of(80)], [threshold()], NOON, ZONE)
    alert = Alert(line, NOON, acknowledged_ms=NOON + 1)

    assert (alert.status, alert.delivery) == ("acknowledged", "pending")


@dataclass
class Model:
    """What should have fired, told in words of its own: a set for each day, one for each month."""

    percents: tuple[int, ...]
    daily: int | None
    monthly: int | None
    by_day: dict[str, int] = field(default_factory=dict)
    by_month: dict[str, int] = field(default_factory=dict)
    fired: set[tuple[str, int]] = field(default_factory=set)
    count: int = 0

    def use(self, at_ms: int, occurred_ms: int, amount: int) -> None:
        day = local_day(occurred_ms, ZONE)
        self.by_day[day] = self.by_day.get(day, 0) + amount
        self.by_month[month_of(day)] = self.by_month.get(month_of(day), 0) + amount
        now = local_day(at_ms, ZONE)
        watched = (
            (now, self.by_day.get(now, 0), self.daily),
            (month_of(now), self.by_month.get(month_of(now), 0), self.monthly),
        )
        for period, figure, limit in watched:
            for percent in self.percents:
                if limit is None or (period, percent) in self.fired:
                    continue
                if figure >= limit * percent / 100:
                    self.fired.add((period, percent))
                    self.count += 1

    def change(self, daily: int | None, monthly: int | None) -> None:
        kinds = {"daily": 10, "monthly": 7}
        changed = [
            length
            for kind, length in kinds.items()
            if {"daily": daily, "monthly": monthly}[kind] != getattr(self, kind)
        ]
        self.fired = {key for key in self.fired if len(key[0]) not in changed}
        self.daily, self.monthly = daily, monthly


@dataclass(frozen=True)
class Use:
    """A write, some time after the one before; its event is `late_ms` old."""

    after_ms: int
    late_ms: int
    amount: int
    deliveries: int


@dataclass(frozen=True)
class OtherLimits:
    """Other limits."""

    daily: int | None
    monthly: int | None


LIMITS = st.none() | st.integers(1, 40)
STEPS = st.one_of(
    st.builds(
        Use,
        st.integers(0, 40 * 3_600_000),
        st.sampled_from([0, 0, 0, 3_600_000, MS_PER_DAY, 31 * MS_PER_DAY]),
        st.integers(0, 15),
        st.integers(1, 3),
    ),
    st.builds(OtherLimits, LIMITS, LIMITS),
)


@given(
    st.lists(STEPS, min_size=1, max_size=40),
    st.sets(st.integers(1, 100), min_size=1, max_size=5).map(tuple),
    LIMITS,
    LIMITS,
)
def test_any_sequence_of_writes_fires_each_line_once_a_period_and_revision(
    steps: list[Use | OtherLimits], lines: tuple[int, ...], daily: int | None, monthly: int | None
) -> None:
    """Late events, re-deliveries to two consumers, raised and lowered limits: the same alerts."""
    model = Model(lines, daily, monthly)
    watched = threshold(rules(daily, monthly, percents=lines), at_ms=0)
    book, now_ms = Book(), NOON
    for step in steps:
        if isinstance(step, OtherLimits):
            watched = revised(watched, rules(step.daily, step.monthly, percents=lines), now_ms)
            model.change(step.daily, step.monthly)
            continue
        now_ms += step.after_ms
        model.use(now_ms, now_ms - step.late_ms, step.amount)
        today = local_day(now_ms, ZONE)
        figures = [
            Figures(ACCOUNT, today, Counters(model.by_day.get(today, 0))),
            Figures(ACCOUNT, month_of(today), Counters(model.by_month.get(month_of(today), 0))),
        ]
        late_day = local_day(now_ms - step.late_ms, ZONE)
        if late_day != today:
            # A cell of a past day is written too; nobody watches it.
            figures.append(Figures(ACCOUNT, late_day, Counters(model.by_day[late_day])))
        for _ in range(step.deliveries):
            book.write(reached(figures, [watched], now_ms, ZONE))
        assert len(book.alerts) == model.count
