"""The computation behind `analytics/query`."""

from __future__ import annotations

from shared.analytics.question import Answer, Question
from shared.domain.workspace import Workspace
from shared.ports import Cells, Clock, Spread


class AnswerQuestion:
    """Answers a question from cells."""

    def __init__(self, cells: Cells, clock: Clock, spread: Spread) -> None:
        self._cells = cells
        self._clock = clock
        self._spread = spread

    def __call__(self, workspace: Workspace, question: Question) -> Answer:
        """The groups of a question, sorted, with the totals.

        Raises:
            ValidationFailedError: figures of such a combination are not kept; it names the parameter.
        """
        raise NotImplementedError
