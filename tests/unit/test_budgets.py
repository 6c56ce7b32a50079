"""Budgets of a workspace: exact whoever counts, whatever is folded, and never overrun (ALR-4, REC-5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import day_start_ms, local_day, month_of, zone_of
from shared.domain.errors import LimitExceededError
from shared.domain.head import Metric
from shared.domain.thresholds import Threshold
from shared.store.budgets import SHARDS
from shared.store.schema import budget_key, workspace_key
from tests.budget_shop import DAY, FULL, HOUR_MS, MONTH, UTC, Shop, codes
from tests.factories import WORKSPACE, a_usage
from tests.fakes.clock import START_MS
from tests.fakes.faults import Fault


@pytest.mark.parametrize(
    ("metric", "allowed"),
    [("requests", 2), ("credits", 10), ("cost", 10_000_000_000), ("tokens", 2400)],
)
@pytest.mark.parametrize("period", ["daily", "monthly"])
def test_a_budget_takes_what_fits_of_all_users_together(
    metric: Metric, period: str, allowed: int
) -> None:
    """ALR-4: the limit itself may be reached; 429 with when it resets."""
    shop = Shop()
    threshold = shop.budget(metric=metric, **{period: allowed})
    rows = [a_usage(f"log-{user}", user_id=user) for user in ("alice", "bob", "carol")]

    outcomes = [shop.record(row)[0] for row in rows]

    assert codes(outcomes) == ["", "", FULL]
    error = outcomes[2].error
    assert isinstance(error, LimitExceededError)
    resets = "2026-11-21T00:00:00.000Z" if period == "daily" else "2026-12-01T00:00:00.000Z"
    assert error.members == {"resetsAt": resets, "thresholdId": threshold.threshold_id}
    assert "budget of the workspace" in error.detail


def test_rows_of_one_batch_are_held_to_the_budget_in_their_order() -> None:
    shop = Shop()
    shop.budget(10)

    assert shop.use(6, 5, 4, 1) == ["", FULL, "", FULL]


def test_accounts_of_one_batch_do_not_overrun_it_together() -> None:
    """Each account is committed on its own; the later ones see what the earlier ones took."""
    shop = Shop()
    shop.budget(10)
    rows = [shop.row(3, user=f"user-{n}") for n in range(6)]

    assert codes(shop.record(*rows)) == ["", "", "", FULL, FULL, FULL]


def test_commits_of_one_long_batch_do_not_overrun_it_together() -> None:
    shop = Shop()
    shop.budget(150)

    assert shop.use(*[1] * 200).count("") == 150


def test_many_accounts_of_one_batch_do_not_overrun_it_where_there_is_room_for_a_crowd() -> None:
    """What was read for the first account tells nothing of what is left for the last."""
    shop = Shop()
    shop.budget(100)
    rows = [shop.row(1, user=f"user-{n}") for n in range(150)]

    assert codes(shop.record(*rows)).count("") == 100


@pytest.mark.parametrize("limit", range(86, 92))
def test_the_last_row_of_a_long_batch_is_held_to_what_the_rows_before_it_left(limit: int) -> None:
    """Wherever one commit ends and the next, of a single row, begins."""
    shop = Shop()
    shop.budget(limit)
    shop.use(0)

    assert shop.use(*[1] * (limit + 1)).count("") == limit


def test_what_was_used_before_the_budget_was_made_counts() -> None:
    """However much of it is folded, and whether there was a budget before."""
    shop = Shop()
    first = shop.budget(monthly=10)
    shop.use(3)
    shop.thresholds.delete(WORKSPACE, first.threshold_id)
    shop.use(4)
    shop.fold()

    shop.budget(10)
    shop.budget(monthly=8)

    assert shop.used(DAY) == shop.used(MONTH) == shop.true(DAY)
    assert shop.use(2) == [FULL]
    assert shop.use(1) == [""]


def test_a_raised_limit_is_accepted_at_once_and_a_deleted_one_is_no_more() -> None:
    shop = Shop()
    threshold = shop.budget(5)
    assert shop.use(5, 1) == ["", FULL]

    shop.change(threshold, daily=6)
    assert shop.use(1, 1) == ["", FULL]

    shop.change(threshold, daily=3)
    assert shop.use(0) == [FULL], "the figure is above the limit already"
    shop.thresholds.delete(WORKSPACE, threshold.threshold_id)
    assert shop.use(99) == [""]


def test_a_budget_resets_with_the_local_day_and_month() -> None:
    """STA-6."""
    shop = Shop(timezone="Asia/Kathmandu")
    shop.budget(5, 12)
    zone = zone_of("Asia/Kathmandu")
    shop.clock.set(day_start_ms("2026-11-29", zone))
    assert shop.use(5, 1) == ["", FULL]

    shop.clock.set(day_start_ms("2026-11-30", zone) - 1)
    assert shop.use(1) == [FULL]
    shop.clock.advance(ms=1)
    assert shop.use(5) == [""]
    shop.clock.set(day_start_ms("2026-12-01", zone))
    assert shop.use(5) == [""]


def test_late_events_count_on_their_own_day_and_month_and_only_current_ones_are_watched() -> None:
    shop = Shop()
    shop.budget(5, 9)
    yesterday, last_month = START_MS - 24 * HOUR_MS, START_MS - 30 * 24 * HOUR_MS

    assert shop.use(99, occurred_ms=last_month) == [""]
    assert shop.use(6, occurred_ms=yesterday) == [""]
    assert shop.use(4, occurred_ms=yesterday) == [FULL], "the month is the current one"
    assert shop.use(3, 1) == ["", FULL]
    shop.fold()
    assert shop.used(DAY) == shop.true(DAY)
    assert shop.used(MONTH) == shop.true(MONTH)


@pytest.mark.parametrize(("days", "period"), [(0, "daily"), (10, "monthly")])
def test_what_is_dated_ahead_is_held_to_the_budget_of_its_own_period(
    days: int, period: str
) -> None:
    shop = Shop()
    shop.budget(**{period: 5})
    midnight = day_start_ms("2026-11-21", UTC) + days * 24 * HOUR_MS
    shop.clock.set(midnight - 60_000)

    assert shop.use(5) == [""]
    assert shop.use(4, 2, occurred_ms=midnight + 1) == ["", FULL]
    shop.clock.set(midnight)
    shop.fold()
    assert shop.use(1, 1) == ["", FULL]


def test_a_log_judged_after_midnight_is_held_to_the_new_day_though_it_was_read_before() -> None:
    shop = Shop()
    shop.budget(5)
    midnight = day_start_ms("2026-11-21", UTC)
    shop.clock.set(midnight)
    assert shop.use(4) == [""]

    shop.clock.set(midnight - 1)
    shop.table.meet("get_many", None, lambda: shop.clock.advance(ms=1))
    assert shop.use(2) == [FULL]


Step = tuple[str, Any]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(
            st.just("use"),
            st.tuples(
                st.sampled_from(("alice", "bob", "carol")),
                st.lists(st.integers(0, 9), min_size=1, max_size=4),
                st.sampled_from((0, 0, -24 * HOUR_MS, -30 * 24 * HOUR_MS, 5 * 60_000)),
            ),
        ),
        st.tuples(st.just("fold"), st.none()),
        st.tuples(st.just("wait"), st.sampled_from((60_000, 9 * HOUR_MS, 24 * HOUR_MS))),
        st.tuples(st.just("budgets"), st.sampled_from(((), (1,), (2,), (1, 2)))),
    ),
    max_size=14,
)


@given(STEPS)
def test_every_log_counts_once_whoever_counted_it_and_whenever_it_is_folded(
    steps: list[Step],
) -> None:
    """Budgets come and go, commits count or do not, folding comes late or in between."""
    shop = Shop()
    shop.clock.set(day_start_ms("2026-11-30", UTC) + 20 * HOUR_MS)
    made: list[Threshold] = []
    for kind, what in steps:
        if kind == "use":
            user, credits, offset_ms = what
            shop.use(*credits, user=user, occurred_ms=shop.clock.now_ms() + offset_ms)
        elif kind == "fold":
            shop.fold()
        elif kind == "wait":
            shop.clock.advance(ms=what)
        else:
            for threshold in made:
                shop.thresholds.delete(WORKSPACE, threshold.threshold_id)
            limits = [(10**6, None) if number == 1 else (None, 10**6) for number in what]
            made = [shop.budget(*limit) for limit in limits]

    shop.fold()

    now_day = local_day(shop.clock.now_ms(), UTC)
    for period in (now_day, month_of(now_day), "2026-11-30", "2026-11"):
        assert shop.used(period) == shop.true(period)


@given(STEPS, st.sampled_from(((10**6, None), (None, 10**6), (10**6, 10**6))))
def test_with_a_budget_the_figure_is_exact_at_any_moment_however_far_folding_is(
    steps: list[Step], limits: tuple[int | None, int | None]
) -> None:
    shop = Shop()
    shop.clock.set(day_start_ms("2026-11-30", UTC) + 20 * HOUR_MS)
    shop.budget(*limits)
    for kind, what in steps:
        if kind == "use":
            user, credits, offset_ms = what
            shop.use(*credits, user=user, occurred_ms=shop.clock.now_ms() + offset_ms)
        elif kind == "fold":
            shop.fold()
        elif kind == "wait":
            shop.clock.advance(ms=what)
        today = local_day(shop.clock.now_ms(), UTC)
        for limit, period in zip(limits, (today, month_of(today)), strict=True):
            if limit is not None:
                assert shop.used(period) == shop.true(period)


@pytest.mark.parametrize("verb", ["transact", "get_many"])
@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.CONFLICT])
@pytest.mark.parametrize("at", range(3))
def test_whatever_fails_the_budget_counts_what_is_recorded(
    verb: Any, fault: Fault, at: int
) -> None:
    """Invariant 2: the count is in the commit, so it is there with the log or not at all."""
    shop = Shop()
    shop.budget(20, 20)
    shop.use(3)
    rows = [shop.row(4), shop.row(5, user="bob"), shop.row(9)]

    shop.table.meet(verb, *[None] * at, fault)
    with swallowed():
        shop.record(*rows)
    shop.table.meet_chaos(None)

    # Accounts are committed on their own: a fault of one lets the other have the last of the budget.
    assert sorted(codes(shop.record(*rows))) == ["", "", FULL]
    assert shop.used(DAY) == shop.true(DAY)
    assert shop.true(DAY).credits <= 20


@contextmanager
def swallowed() -> Iterator[None]:
    try:
        yield
    except Exception:  # noqa: BLE001 - the client repeats whatever came
        return


def test_only_a_workspace_with_a_budget_pays_for_it() -> None:
    """Write units by DynamoDB's rules: 2 for each period, which are read only where they are watched."""
    costs = {}
    for name, limits in {
        "none": None,
        "monthly": (None, 10**6),
        "both": (10**6, 10**6),
    }.items():
        shop = Shop()
        if limits is not None:
            shop.budget(*limits)
        shop.use(1)
        shop.fold()
        before, shop.table.units.writes = shop.table.calls["get_many"], 0
        shop.use(1)
        costs[name] = (shop.table.units.writes, shop.table.calls["get_many"] - before)
    assert costs == {"none": (8, 1), "monthly": (10, 2), "both": (12, 2)}


def test_counters_expire_long_after_their_period() -> None:
    shop = Shop()
    shop.budget(10**6, 10**6)
    shop.use(1)
    day_end, month_end = day_start_ms("2026-11-21", UTC), day_start_ms("2026-12-01", UTC)

    shop.clock.set(day_end + 61 * 24 * HOUR_MS)
    assert shop.table.expire() == 0
    shop.clock.set(month_end + 63 * 24 * HOUR_MS)
    assert shop.table.expire() == 2


def test_the_counters_of_a_period_are_spread() -> None:
    shop = Shop()
    shop.budget(10**6)
    for n in range(60):
        shop.use(1, user=f"user-{n}")

    shards = [shop.table.get(budget_key(WORKSPACE, DAY, shard)) for shard in range(SHARDS)]
    assert all(item is not None for item in shards)


def test_a_threshold_that_moves_between_users_and_workspace_blocks_where_it_stands() -> None:
    shop = Shop()
    threshold = shop.budget(5)
    assert shop.use(5, 1) == ["", FULL]

    shop.change(threshold, scope="user")
    assert shop.use(5, user="bob") == [""]
    assert shop.use(1) == [FULL]
    settings = shop.table.get(workspace_key(WORKSPACE))
    assert settings is not None
    assert ("bl" in settings, "wb" in settings) == (True, False)

    shop.change(threshold, scope="workspace")
    assert shop.use(1, user="carol") == [FULL]
    shop.change(threshold, block=False)
    assert shop.use(1) == [""]
