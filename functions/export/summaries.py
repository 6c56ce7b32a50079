"""The answer to a question about usage, as rows."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final

from functions.export.batches import Batch
from functions.export.columns import Row
from shared.analytics.question import GROUPS, METRICS, Answer, Filters, Question
from shared.domain.exports import Selection
from shared.domain.workspace import Workspace
from shared.http.views.measures import kept_view
from shared.ports.directory import Directory

TIMES: Final = frozenset({"hour", "day", "week", "month"})


class SummaryRows:
    """Answers questions as `analytics/query` does."""

    def __init__(
        self, answer: Callable[[Workspace, Question], Answer], directory: Directory
    ) -> None:
        self._answer = answer
        self._directory = directory

    def __call__(self, workspace: Workspace, selection: Selection) -> Generator[Batch]:
        """The groups, all in one batch; see `functions.export.batches.RowSource`.

        Raises:
            ValidationFailedError: figures of such a combination are not kept; it names the parameter.
        """
        answer = self._answer(workspace, _question(selection))
        keys = [row.key for row in answer.rows if row.key is not None]
        shown: dict[str, str] = {}
        if selection.group == "user" and not selection.pseudonymous:
            shown = self._directory.users_of(workspace.workspace_id, keys)
        rows: list[Row] = [
            {"key": row.key and shown.get(row.key, row.key)} | kept_view(row.sums, answer.kept)
            for row in answer.rows
        ]
        totals = answer.totals
        sums = {
            "credits": totals.credits,
            "cost": totals.cost,
            "requests": totals.requests,
            "totalTokens": totals.total,
        }
        yield Batch(len(rows), rows, sums, answer.truncated)


def summary_order(selection: Selection) -> str:
    """In which order the groups stand, as the manifest says it."""
    if selection.metric is None and selection.group in TIMES:
        return "key ascending"
    return f"{selection.metric or 'cost'} descending"


def _question(selection: Selection) -> Question:
    assert selection.start_date is not None
    assert selection.end_date is not None
    assert selection.group in GROUPS
    assert selection.metric in {None, *METRICS}
    filters = Filters(
        account_id=selection.account_id,
        service=selection.service,
        model=selection.model,
        provider=selection.provider,
        country=selection.country,
        platform=selection.platform,
        failed=selection.failed,
    )
    return Question(
        selection.start_date,
        selection.end_date,
        selection.group,
        filters,
        selection.metric,
    )
