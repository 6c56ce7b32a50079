"""Who was active in a range, from lists of days and months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.active import active_in, cover
from shared.domain.calendar import add_days, days_between
from shared.domain.cells import Delta
from shared.domain.ids import account_id_of
from shared.domain.sums import Sums

TODAY = date(2026, 11, 20)
DAYS = st.dates(TODAY - timedelta(days=420), TODAY + timedelta(days=40)).map(date.isoformat)


def days_of(period: str) -> list[str]:
    if len(period) == len("2026-11-20"):
        return [period]
    year, month = map(int, period.split("-"))
    after = date(year + month // 12, month % 12 + 1, 1)
    return days_between(f"{period}-01", (after - timedelta(days=1)).isoformat())


@given(DAYS, st.integers(0, 400), st.integers(-3, 3))
def test_a_cover_adds_up_to_the_days_that_can_have_usage(
    first: str, length: int, ahead: int
) -> None:
    last = add_days(first, length)
    latest = add_days(TODAY.isoformat(), ahead)

    terms = cover(first, last, latest)

    signs: Counter[str] = Counter()
    for period, sign in terms:
        for day in days_of(period):
            if day <= latest:
                signs[day] += sign
    wanted = {day for day in days_between(first, last) if day <= latest}
    assert {day for day, sign in signs.items() if sign} == wanted
    assert all(signs[day] == 1 for day in wanted)


@given(DAYS, st.integers(0, 400))
def test_a_cover_reads_few_lists_however_long_the_range(first: str, length: int) -> None:
    terms = cover(first, add_days(first, length), TODAY.isoformat())

    assert len(terms) <= 12 + 2 * 16
    assert len(terms) <= length + 1


def test_the_last_thirty_days_take_about_a_third_of_the_lists() -> None:
    terms = cover("2026-10-22", "2026-11-20", "2026-11-21")

    assert [term for term in terms if term.sign < 0] == [("2026-11-21", -1)]
    assert ("2026-11", 1) in terms
    assert len(terms) == 12


ROWS = st.lists(
    st.tuples(
        st.integers(0, 59).map(lambda back: (TODAY - timedelta(days=back)).isoformat()),
        st.integers(0, 30).map(lambda n: account_id_of(b"secret", str(n))),
        st.integers(0, 10**9),
    ),
    max_size=60,
)


def lists_of(rows: list[tuple[str, str, int]], period: str) -> list[tuple[str, Delta]]:
    figures: dict[str, Sums] = {}
    for day, account_id, cost in rows:
        if day.startswith(period):
            figures.setdefault(account_id, Sums()).add(Sums(requests=1, cost=cost))
    return [(account_id, Delta(figures[account_id])) for account_id in sorted(figures)]


@given(ROWS, DAYS, st.integers(0, 45))
def test_active_accounts_and_their_figures_are_those_of_the_days_in_the_range(
    rows: list[tuple[str, str, int]], first: str, length: int
) -> None:
    last = add_days(first, length)
    terms = cover(first, last, TODAY.isoformat())

    active = active_in(((t.sign, lists_of(rows, t.period)) for t in terms), max_rows=10**6)

    expected: dict[str, tuple[int, int]] = {}
    for day, account_id, cost in rows:
        if first <= day <= last:
            requests, total = expected.get(account_id, (0, 0))
            expected[account_id] = (requests + 1, total + cost)
    assert {a: (s.requests, s.cost) for a, s in active.accounts.items()} == expected
    assert active.count == len(expected)
    assert active.complete


def test_lists_too_long_to_read_give_complete_accounts_and_an_estimate() -> None:
    rows = [
        (day, account_id_of(b"secret", str(n)), 7)
        for n in range(5_000)
        for day in ("2026-11-01", "2026-11-02")
    ]
    lists = [(1, lists_of(rows, day)) for day in ("2026-11-01", "2026-11-02")]

    active = active_in(lists, max_rows=3_001)

    assert not active.complete
    assert len(active.accounts) == 1_500
    assert all(sums.cost == 14 for sums in active.accounts.values())
    assert abs(active.count - 5_000) < 3 * 5_000 / 1_500**0.5


def test_reading_stops_where_the_limit_is() -> None:
    taken = []

    def endless() -> Iterator[tuple[str, Delta]]:
        for n in range(10**6):
            taken.append(n)
            yield f"acct_{n:020x}", Delta(Sums(requests=1))

    active_in([(1, endless())], max_rows=10)

    assert len(taken) <= 12
