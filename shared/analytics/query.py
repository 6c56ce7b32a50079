"""The computation behind `analytics/query`: which cells a question is answered from, and the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from shared.analytics.figures import Figures
from shared.analytics.kept import Source, kept_of, source_of, totals_kept_of
from shared.analytics.question import MAX_ROWS, Answer, Group, Question, Row, largest_by
from shared.analytics.users import Asked, Users
from shared.domain.calendar import (
    day_start_ms,
    days_between,
    hour_start_ms,
    hours_of,
    month_of,
    month_start_ms,
    week_start_day,
)
from shared.domain.cells import COUNTRY, FAILED, HOUR, PLATFORM, CellKey, Delta, split_model_value
from shared.domain.errors import ValidationFailedError
from shared.domain.statistics import PERIOD_OF, Kept, grouped, less, model_key, model_of, summed
from shared.domain.sums import Sums
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.runtime import Clock, Spread

MAX_HOUR_DAYS: Final = 31
"""Days of a series by hour: 744 rows."""

SUCCESS: Final = "success"
ERROR: Final = "error"

Found = Mapping[CellKey, Delta]

KEYS: Final[Mapping[Group, Callable[[CellKey], str | None]]] = {
    "service": lambda key: split_model_value(key.value)[0],
    "provider": lambda key: split_model_value(key.value)[1],
    "model": lambda key: model_key(model_of(key)),
    "country": lambda key: key.value or None,
    "platform": lambda key: key.value or None,
    "status": lambda key: key.value,
}


class AnswerQuestion:
    """Answers a question from cells."""

    def __init__(self, cells: Cells, clock: Clock, spread: Spread) -> None:
        self._cells = cells
        self._figures = Figures(cells)
        self._users = Users(cells, clock, spread)

    def __call__(self, workspace: Workspace, question: Question) -> Answer:
        """The groups of a question, sorted, with the totals.

        Raises:
            ValidationFailedError: figures of such a combination are not kept; it names the parameter.
        """
        source = source_of(question)
        kept, totals_kept = kept_of(question, source), totals_kept_of(question.filters)
        if question.group == "user" and question.filters.account_id is None:
            return self._by_user(workspace, question, kept, totals_kept)
        if question.group == "hour":
            rows, totals = self._by_hour(workspace, question, source)
        else:
            found, totals = self._found(workspace, question, source)
            rows = _grouped_rows(workspace, question, found)
        shown = _sorted(rows, question)[:MAX_ROWS]
        return Answer(shown, totals, kept, totals_kept, truncated=len(shown) < len(rows))

    def _by_user(
        self, workspace: Workspace, question: Question, kept: Kept, totals_kept: Kept
    ) -> Answer:
        days, what = (workspace, question.first, question.last), question.filters.what
        top = self._users.top(Asked(*days, what), question.metric or "cost", question.limit)
        return Answer(
            [Row(account_id, sums) for account_id, sums in top.rows],
            self._figures.total(workspace, None, question.first, question.last, what),
            kept,
            totals_kept,
            top.truncated,
            top.approximate,
        )

    def _found(
        self, workspace: Workspace, question: Question, source: Source
    ) -> tuple[Found, Sums]:
        """Daily cells of what is asked for, whose values tell the groups apart, and all of it."""
        filters = question.filters
        found: Found
        if source == "model":
            found = self._figures.models(
                workspace, filters.account_id, question.first, question.last, filters.what
            )
        elif source == "total":
            found = self._figures.days(workspace, filters.account_id, question.first, question.last)
        else:
            return self._parts(workspace, question, source)
        return found, summed(delta.sums for delta in found.values())

    def _parts(
        self, workspace: Workspace, question: Question, source: Source
    ) -> tuple[Found, Sums]:
        """Countries, platforms or outcomes: what is in no cell of theirs is the day less those."""
        family, wanted, other = _part_of(question, source)
        cells = self._cells.shared(workspace, family, question.first, question.last)
        if source == "status":
            cells = {key._replace(value=ERROR): delta for key, delta in cells.items()}
        if wanted is None or wanted == other:
            # Read after its parts, the whole has all that is in them.
            days = self._figures.days(workspace, None, question.first, question.last)
            totals = summed(delta.sums for delta in days.values())
            found = cells | _rest(days, cells, other)
            if wanted is None:
                return found, totals
            cells = found
        chosen = {key: delta for key, delta in cells.items() if key.value == wanted}
        return chosen, summed(delta.sums for delta in chosen.values())

    def _by_hour(
        self, workspace: Workspace, question: Question, source: Source
    ) -> tuple[list[Row], Sums]:
        first, last = question.first, question.last
        days = days_between(first, last)
        if len(days) > MAX_HOUR_DAYS:
            message = f"a series by hour has at most {MAX_HOUR_DAYS} days"
            raise ValidationFailedError.of("?endDate", message)
        parts, totals = self._found(workspace, question, source)
        if source == "total" and question.filters.account_id is None:
            cells = self._cells.shared(workspace, HOUR, first, last)
            found = {(key.period, int(key.value)): delta.sums for key, delta in cells.items()}
        else:
            found = grouped(
                ((key.period, hour), Sums(figures.requests, cost=figures.cost, total=figures.total))
                for key, delta in parts.items()
                for hour, figures in delta.hours.items()
            )
        zone = workspace.zone
        starts = {(day, hour): at for day in days for hour, at in hours_of(day, zone).items()}
        # Cells may hold hours that a time zone had before its rules were changed.
        starts |= {at: hour_start_ms(*at, zone) for at in found if at not in starts}
        rows = [
            Row(f"{day}T{hour:02d}", found.get((day, hour)) or Sums(), starts[day, hour])
            for day, hour in sorted(starts)
        ]
        return rows, totals


def _part_of(question: Question, source: Source) -> tuple[str, str | None, str]:
    """The family, the value asked for if any, and the value of what is in none of its cells."""
    filters = question.filters
    if source == "status":
        outcome = None if filters.failed is None else ERROR if filters.failed else SUCCESS
        return FAILED, outcome, SUCCESS
    if source == "country":
        return COUNTRY, filters.country, ""
    return PLATFORM, filters.platform, ""


def _rest(wholes: Found, parts: Found, value: str) -> dict[CellKey, Delta]:
    """What of the days is in none of their parts, under a value of its own."""
    taken = grouped((key.period, delta.sums) for key, delta in parts.items())
    nothing = Sums()
    rest = {
        key._replace(value=value): Delta(less(delta.sums, taken.get(key.period, nothing)))
        for key, delta in wholes.items()
    }
    return {key: delta for key, delta in rest.items() if delta.sums.requests > 0}


def _grouped_rows(workspace: Workspace, question: Question, found: Found) -> list[Row]:
    group = question.group
    if group == "user":
        totals = summed(delta.sums for delta in found.values())
        return [Row(question.filters.account_id, totals)] if totals.requests else []
    if group not in PERIOD_OF:
        groups = grouped((KEYS[group](key), delta.sums) for key, delta in found.items())
        return [Row(key, sums) for key, sums in groups.items()]
    period_of = PERIOD_OF[group]
    days = days_between(question.first, question.last)
    a_day_of = {period_of(day): day for day in days}
    periods = {period: Sums() for period in a_day_of}
    for key, delta in found.items():
        periods[period_of(key.period)].add(delta.sums)
    return [
        Row(period, sums, _start_ms(workspace, group, a_day_of[period]))
        for period, sums in periods.items()
    ]


def _start_ms(workspace: Workspace, group: Group, day: str) -> int:
    """Where a day begins, or the week or month that it is in."""
    if group == "month":
        return month_start_ms(month_of(day), workspace.zone)
    return day_start_ms(week_start_day(day) if group == "week" else day, workspace.zone)


def _sorted(rows: list[Row], question: Question) -> list[Row]:
    if question.metric is None and question.group in {"hour", *PERIOD_OF}:
        return rows
    by_key = {(row.key,): row for row in rows}
    order = largest_by(question.metric or "cost", {key: row.sums for key, row in by_key.items()})
    return [by_key[key] for key, _ in order]
