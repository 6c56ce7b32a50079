"""Which figures are kept together, and what is said of a combination that is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from shared.analytics.question import Filters, Group, Metric, Question
from shared.domain.errors import FieldError, ValidationFailedError
from shared.domain.statistics import Kept

Source = Literal["total", "model", "country", "platform", "status"]
"""The cells that an answer comes from: totals, or one of the ways in which they are broken down."""

SOURCES: Final[Mapping[str, Source]] = {
    "service": "model",
    "provider": "model",
    "model": "model",
    "country": "country",
    "platform": "platform",
    "status": "status",
}
"""The cells that know a group or a filter of that name."""

COMBINED: Final = frozenset({"userId", "service", "model"})
"""Filters that go together; every other stands alone."""

OF_MODELS: Final = COMBINED | {"provider"}
TAKEN: Final[Mapping[Group, frozenset[str]]] = {
    "hour": OF_MODELS,
    "service": OF_MODELS,
    "provider": OF_MODELS,
    "model": OF_MODELS,
    "user": OF_MODELS,
    "country": frozenset({"country"}),
    "platform": frozenset({"platform"}),
    "status": frozenset({"status"}),
}
"""Filters under which figures of a group are kept; days, weeks and months are under all of them."""

HOURLY: Final[frozenset[Metric]] = frozenset({"requests", "cost", "tokens"})


def source_of(question: Question) -> Source:
    """The cells that hold what is asked for.

    Raises:
        ValidationFailedError: none do; it names the parameters that do not go together.
    """
    given = _given(question.filters)
    alone = [name for name in given if name not in COMBINED]
    if alone and len(given) > 1:
        raise _refused(alone, "is a filter that stands alone, without another beside it")
    taken = TAKEN.get(question.group)
    strange = [] if taken is None else [name for name in given if name not in taken]
    if strange:
        raise _refused(strange, f"is no filter that figures by {question.group} are kept under")
    names = [question.group, *given]
    return next((SOURCES[name] for name in names if name in SOURCES), "total")


def kept_of(question: Question, source: Source) -> Kept:
    """Which measures of the rows are known.

    Raises:
        ValidationFailedError: the one they are to be sorted by is not.
    """
    kept: Kept = "all"
    filters = question.filters
    one_user = filters.account_id is not None or question.group == "user"
    if question.group == "hour":
        kept = "hours" if _given(filters) else "sums"
    elif source not in {"total", "model"} or (one_user and source == "model"):
        kept = "sums"
    unknown = (kept != "all" and question.metric == "p95ResponseTimeMs") or (
        kept == "hours" and question.metric not in {None, *HOURLY}
    )
    if unknown:
        raise _refused(["metric"], f"is not kept for figures by {question.group} of this kind")
    return kept


def totals_kept_of(filters: Filters) -> Kept:
    """Which measures of everything under these filters are known."""
    given = _given(filters)
    parted = bool({"country", "platform", "status"} & set(given))
    return "sums" if parted or ("userId" in given and len(given) > 1) else "all"


def _given(filters: Filters) -> list[str]:
    values = {
        "userId": filters.account_id,
        "service": filters.service,
        "model": filters.model,
        "provider": filters.provider,
        "country": filters.country,
        "platform": filters.platform,
        "status": filters.failed,
    }
    return [name for name, value in values.items() if value is not None]


def _refused(names: list[str], message: str) -> ValidationFailedError:
    return ValidationFailedError(
        f"These figures are not kept: {', '.join(names)} {message}.",
        [FieldError(f"?{name}", message) for name in names],
    )
