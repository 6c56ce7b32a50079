"""Statistics and summaries of a workspace, or of one user, over a range of local days."""

from __future__ import annotations

from dataclasses import dataclass

from functions.query_stats.schemas import StatisticsQuery, SummaryQuery
from shared.analytics.figures import Figures
from shared.analytics.query import AnswerQuestion
from shared.analytics.question import Answer, Filters, Question
from shared.analytics.users import Asked, Users
from shared.domain.statistics import Breakdown, Selection, breakdown
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.runtime import Clock, Spread


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is known of a range: figures broken down, and how many users they are of.

    `estimated` marks a number of users that was too expensive to count. `percentile` and
    `parts_percentile` say whether p95 is kept for the totals and for the rows by service and model.
    """

    figures: Breakdown
    users: int
    estimated: bool
    percentile: bool
    parts_percentile: bool


class ReadStatistics:
    """Answers questions about ranges of days from cells."""

    def __init__(self, cells: Cells, clock: Clock, spread: Spread) -> None:
        self._figures = Figures(cells)
        self._users = Users(cells, clock, spread)
        self._answer = AnswerQuestion(cells, clock, spread)

    def statistics(
        self, workspace: Workspace, account_id: str | None, query: StatisticsQuery
    ) -> Statistics:
        """Figures of the workspace, or of one account, in every breakdown."""
        first, last, what = query.first, query.last, query.what
        figures = self.figures(workspace, account_id, first, last, what)
        one = account_id is not None
        if one:
            users, estimated = int(figures.total.requests > 0), False
        else:
            users, estimated = self._users.count(Asked(workspace, first, last, what))
        return Statistics(
            figures,
            users,
            estimated,
            percentile=not (one and what),
            parts_percentile=not one,
        )

    def figures(
        self, workspace: Workspace, account_id: str | None, first: str, last: str, what: Selection
    ) -> Breakdown:
        """Figures by day, hour, service and model."""
        cells = self._figures.models(workspace, account_id, first, last, what)
        return breakdown(cells, first, last, what)

    def summary(self, workspace: Workspace, account_id: str | None, query: SummaryQuery) -> Answer:
        """Figures of the workspace, or of one account, grouped in one way."""
        filters = Filters(account_id, query.what.service, query.what.model)
        return self._answer(workspace, Question(query.first, query.last, query.group, filters))
