"""The filters of transactions as query parameters, for lists and exports alike."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.journal import REASONS, EntryType
from shared.domain.search import Search
from shared.domain.transactions import EntryFilter
from shared.http.params import Params, refused

ENTRY_FILTERS: Final = frozenset({"startDate", "endDate", "type", "reason", "q"})
TYPES: Final[tuple[EntryType, ...]] = ("debit", "credit")


def entry_filter(params: Params, zone: ZoneInfo) -> EntryFilter:
    """Which transactions a query asks for.

    Raises:
        ValidationFailedError: naming the parameter.
    """
    start_ms, end_ms = params.instants(zone)
    return EntryFilter(
        start_ms,
        end_ms,
        params.choice("type", TYPES),
        params.choice("reason", REASONS),
        _search(params.raw("q")),
    )


def _search(text: str | None) -> Search | None:
    if text is None:
        return None
    try:
        return Search.parse(text)
    except ValueError as error:
        raise refused("q", str(error)) from error
