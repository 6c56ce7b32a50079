"""The largest of very many users: exact, from a bounded number of reads, else marked (STA-2, STA-4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.analytics.query import AnswerQuestion
from shared.analytics.question import Answer, Filters, Question
from shared.domain.calendar import add_days, days_between, month_of
from shared.domain.cells import MODEL, MONTH_TOTAL, CellKey, Delta, model_value
from shared.domain.ids import account_id_of
from shared.domain.statistics import summed
from shared.domain.sums import Sums
from shared.domain.workspace import Workspace
from tests.fakes.clock import START_MS, FakeClock
from tests.usage import SECRET, workspace

TODAY = "2026-11-20"
FIRST = add_days(TODAY, -399)
OLDEST = "2025-10-01"

CostOf = Callable[[int, str], int]
"""The cost of a user's day, by the user's number; 0 for a day without usage."""


class CrowdCells:
    """`Cells` of many users, made when they are read. `rows` counts rows of lists, `asked` accounts.

    Every user has one request for each day with a cost. `rare` of them used the service `rare` only.
    """

    def __init__(self, users: int, cost_of: CostOf, rare: frozenset[int] = frozenset()) -> None:
        numbers = {account_id_of(SECRET, f"u{n}"): n for n in range(users)}
        self.numbers = dict(sorted(numbers.items()))
        self.cost_of = cost_of
        self.rare = rare
        self.rows = 0
        self.asked: Counter[str] = Counter()

    def active(
        self, workspace: Workspace, period: str, figures: Collection[str] | None = None
    ) -> Iterator[tuple[str, Delta]]:
        for account_id, number in self.numbers.items():
            sums = self._period(number, period)
            if sums.requests:
                self.rows += 1
                yield account_id, Delta(sums)

    def private(
        self, workspace: Workspace, account_id: str, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        self.asked[account_id] += 1
        number = self.numbers[account_id]
        if family == MONTH_TOTAL:
            months = {month_of(day) for day in days_between(f"{first}-01", f"{last}-01")}
            return {
                CellKey(family, month, ""): Delta(self._period(number, month)) for month in months
            }
        service = "rare" if number in self.rare else "plain"
        value = model_value(service, service, "m") if family == MODEL else ""
        days = {day: self._period(number, day) for day in days_between(first, last)}
        return {
            CellKey(family, day, value): Delta(sums) for day, sums in days.items() if sums.requests
        }

    def shared(
        self, workspace: Workspace, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        return {}

    def _period(self, number: int, period: str) -> Sums:
        days = [period] if len(period) == len(TODAY) else days_between(f"{period}-01", _end(period))
        costs = [self.cost_of(number, day) for day in days if OLDEST <= day <= TODAY]
        return Sums(requests=sum(1 for cost in costs if cost), cost=sum(costs))

    def answer(self, question: Question) -> Answer:
        return AnswerQuestion(self, FakeClock(START_MS), map)(workspace(), question)

    def top(
        self, limit: int, first: str = FIRST, last: str = TODAY, service: str | None = None
    ) -> Answer:
        filters = Filters(service=service)
        return self.answer(Question(first, last, "user", filters, "cost", limit))

    def true_top(self, limit: int, first: str = FIRST, last: str = TODAY) -> list[str]:
        totals = {
            account_id: summed(self._period(number, day) for day in days_between(first, last))
            for account_id, number in self.numbers.items()
        }
        order = sorted(
            (account_id for account_id, sums in totals.items() if sums.requests),
            key=lambda a: (-totals[a].cost, -totals[a].requests, a),
        )
        return order[:limit]


def _end(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return add_days(f"{year + number // 12}-{number % 12 + 1:02d}-01", -1)


USAGE = st.dictionaries(
    st.tuples(st.integers(0, 11), st.integers(0, 75)), st.integers(1, 6), max_size=80
)


@given(
    USAGE,
    st.integers(0, 40),
    st.integers(1, 75),
    st.integers(1, 12),
    st.sampled_from((1, 3, 500)),
    st.sampled_from((1, 16)),
)
def test_the_largest_are_those_of_the_logs_however_few_may_be_asked(
    usage: dict[tuple[int, int], int],
    back: int,
    length: int,
    limit: int,
    max_examined: int,
    at_once: int,
) -> None:
    days = {add_days(TODAY, -n): n for n in range(76)}
    crowd = CrowdCells(12, lambda number, day: usage.get((number, days.get(day, -1)), 0))
    last = add_days(TODAY, -back)
    first = add_days(last, 1 - length)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.analytics.users.MAX_EXAMINED", max_examined)
        patch.setattr("shared.analytics.users.EXAMINED_AT_ONCE", at_once)
        found = crowd.top(limit, first, last)

    assert found.accounts == crowd.true_top(limit, first, last)
    assert not found.approximate


def skewed(number: int, day: str) -> int:
    """Some use far more than others, as people do."""
    return 10**9 // (number + 1)


def alike(number: int, day: str) -> int:
    """All use the same but for the first day of the range."""
    return 1_000 + (number % 997 if day == FIRST else 0)


@pytest.mark.slow
def test_ten_thousand_users_on_all_of_four_hundred_days_are_exact() -> None:
    crowd = MonthlyCrowd(10_000, skewed)

    found = crowd.top(100)

    assert found.accounts == [account_id_of(SECRET, f"u{n}") for n in range(100)]
    assert not found.approximate
    assert crowd.rows <= 14 * 10_000
    assert len(crowd.asked) <= 116


@pytest.mark.slow
def test_ten_thousand_users_who_are_nearly_alike_are_exact_too() -> None:
    crowd = MonthlyCrowd(10_000, alike)

    found = crowd.top(10)

    most = sorted(account_id_of(SECRET, f"u{n}") for n in range(10_000) if n % 997 == 996)
    assert found.accounts == most[:10]
    assert not found.approximate
    assert crowd.rows <= 450_000 + 14 * 10_000


class MonthlyCrowd(CrowdCells):
    """The same for users whose days are all alike but for the first of the range: quick to add up."""

    def _period(self, number: int, period: str) -> Sums:
        days = [period] if len(period) == len(TODAY) else days_of(period)
        plain = self.cost_of(number, TODAY)
        extra = self.cost_of(number, FIRST) - plain if FIRST in days else 0
        return Sums(requests=len(days), cost=plain * len(days) + extra)


MONTHS: dict[str, list[str]] = {}


def days_of(month: str) -> list[str]:
    if month not in MONTHS:
        MONTHS[month] = [
            day for day in days_between(f"{month}-01", _end(month)) if OLDEST <= day <= TODAY
        ]
    return MONTHS[month]


def test_thirty_days_of_many_users_take_two_lists_and_a_few_accounts() -> None:
    crowd = MonthlyCrowd(2_000, skewed)

    found = crowd.top(10, add_days(TODAY, -29))

    assert found.accounts == [account_id_of(SECRET, f"u{n}") for n in range(10)]
    assert crowd.rows <= 2 * 2_000
    assert len(crowd.asked) <= 10 + 16
    assert found.truncated
    assert not found.approximate


def test_more_rows_than_may_be_read_leave_an_answer_that_says_it_is_approximate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.analytics.users.MAX_RANKED_ROWS", 1_000)
    crowd = MonthlyCrowd(2_000, skewed)

    found = crowd.top(10, add_days(TODAY, -29))

    assert found.approximate
    assert len(found.rows) == 10
    assert crowd.rows <= 2_100


def test_users_of_a_service_are_exact_while_few_come_close() -> None:
    crowd = MonthlyCrowd(2_000, skewed, rare=frozenset(range(0, 2_000, 10)))

    found = crowd.top(5, add_days(TODAY, -29), service="rare")

    assert found.accounts == [account_id_of(SECRET, f"u{n}") for n in (0, 10, 20, 30, 40)]
    assert not found.approximate
    assert len(crowd.asked) <= 100


def test_users_of_a_service_are_approximate_when_too_many_come_close() -> None:
    crowd = MonthlyCrowd(2_000, lambda *_: 7, rare=frozenset(range(1_000)))

    found = crowd.top(5, add_days(TODAY, -29), service="rare")

    assert found.approximate
    assert len(found.rows) == 5
    assert len(crowd.asked) <= 520


def test_sorting_many_users_by_what_usage_can_lower_is_approximate() -> None:
    crowd = MonthlyCrowd(600, skewed)
    question = Question(add_days(TODAY, -29), TODAY, "user", Filters(), "errorRate")

    found = crowd.answer(question)

    assert found.approximate
    assert len(found.rows) == 500


@pytest.mark.parametrize("users", [1, 10, 499])
def test_all_users_that_fit_are_there_and_nothing_is_marked(users: int) -> None:
    crowd = MonthlyCrowd(users, lambda *_: 1)

    found = crowd.answer(Question(add_days(TODAY, -29), TODAY, "user"))

    assert len(found.rows) == users
    assert not found.truncated
    assert not found.approximate


def test_users_who_cost_nothing_stand_in_the_order_of_their_accounts() -> None:
    crowd = MonthlyCrowd(800, lambda *_: 0)

    found = crowd.top(10, add_days(TODAY, -29))

    assert found.accounts == list(crowd.numbers)[:10]
    assert not found.approximate


def test_of_equals_the_one_first_in_order_is_found_though_its_bound_is_lower() -> None:
    inside, outside = TODAY, add_days(TODAY, -40)
    first, second = (n for _, n in sorted((account_id_of(SECRET, f"u{n}"), n) for n in range(2)))
    usage = {(first, inside): 5, (second, inside): 5, (second, outside): 7}
    crowd = CrowdCells(2, lambda number, day: usage.get((number, day), 0))

    found = crowd.top(1, add_days(TODAY, -29))

    assert found.accounts == [account_id_of(SECRET, f"u{first}")]
