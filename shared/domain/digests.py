"""Digests: the logs of one commit folded by day, hour and where they came from. Pure.

A journal entry carries one, and its hash covers it: what is in the cells can be made from it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.domain.pricing import REQUEST
from shared.domain.sums import SUM_FIELDS, Sums, bucket_of, figures_of

if TYPE_CHECKING:
    from shared.domain.usage import UsageLog

TEXT: Final = {str}
TEXT_OR_NONE: Final = {str, type(None)}
INTEGER: Final = {int}

_compact = json.JSONEncoder(separators=(",", ":")).encode


class Dimensions(NamedTuple):
    """What a digest row is about: a local day and hour, and where the usage came from."""

    day: str
    hour: int
    service: str
    provider: str
    model: str | None
    country: str | None
    platform: str | None
    failed: bool


@dataclass(frozen=True, slots=True)
class DigestRow:
    """The figures of the logs of one commit that share all dimensions."""

    dimensions: Dimensions
    sums: Sums


def sums_of(log: UsageLog) -> Sums:
    """The figures of a single log."""
    tokens, time_ms, size = log.tokens, log.response_time_ms, log.response_bytes
    rated = tokens is not None and tokens.output is not None and bool(time_ms)
    return Sums(
        requests=1,
        errors=int(log.failed),
        input=(tokens.input or 0) if tokens else 0,
        output=(tokens.output or 0) if tokens else 0,
        cached_input=tokens.cached_input if tokens else 0,
        cache_write=tokens.cache_write if tokens else 0,
        reasoning=tokens.reasoning if tokens else 0,
        total=tokens.total if tokens else 0,
        credits=log.credits,
        cost=log.cost_picos,
        timed=int(time_ms is not None),
        time_ms=time_ms or 0,
        sized=int(size is not None),
        bytes=size or 0,
        rated_output=(tokens.output or 0) if rated and tokens else 0,
        rated_ms=(time_ms or 0) if rated else 0,
        failed_cost=log.cost_picos if log.failed else 0,
        token_cost=log.cost_picos if _charged_by_tokens(log) else 0,
        unpriced=int(log.unpriced),
        buckets={} if time_ms is None else {bucket_of(time_ms): 1},
    )


def _charged_by_tokens(log: UsageLog) -> bool:
    """Whether a log's cost was stated or computed for token parts, not for the request alone."""
    parts = log.tokens is not None and log.tokens.input is not None
    return parts and [line.item for line in log.receipt.lines] != [REQUEST]


def dimensions_of(log: UsageLog, day: str, hour: int) -> Dimensions:
    """Where a log of a local day and hour counts."""
    place = (log.service, log.provider, log.model, log.country, log.platform, log.failed)
    return Dimensions(day, hour, *place)


def digest_of(logs: Iterable[tuple[Dimensions, UsageLog]]) -> tuple[DigestRow, ...]:
    """Logs folded by their dimensions, in a fixed order."""
    return digest_of_sums((dimensions, sums_of(log)) for dimensions, log in logs)


def digest_of_sums(figures: Iterable[tuple[Dimensions, Sums]]) -> tuple[DigestRow, ...]:
    """Figures folded by their dimensions, in a fixed order. They may be differences.

    The figures are taken over: those of equal dimensions are added up in the first of them.
    """
    rows: dict[Dimensions, Sums] = {}
    for dimensions, sums in figures:
        known = rows.get(dimensions)
        rows[dimensions] = sums if known is None else known.add(sums)
    ordered = sorted(rows, key=lambda d: tuple(("" if v is None else str(v)) for v in d))
    return tuple(DigestRow(dimensions, rows[dimensions]) for dimensions in ordered)


def encode_digest(rows: Iterable[DigestRow]) -> str:
    """A digest as compact JSON: a list for each row, dimensions first, then the sums, then buckets."""
    table: list[list[object]] = []
    for row in rows:
        sums = figures_of(row.sums)
        pairs = [n for bucket in sorted(row.sums.buckets.items()) for n in bucket]
        table.append([*row.dimensions[:7], int(row.dimensions.failed), *sums, pairs])
    return _compact(table)


def decode_digest(text: str) -> tuple[DigestRow, ...]:
    """The rows of an encoded digest.

    Raises:
        ValueError: it is not one.
    """
    table = json.loads(text)
    if not isinstance(table, list):
        raise ValueError("a digest is not a list")
    return tuple(map(_decode_row, table))


def _decode_row(raw: object) -> DigestRow:
    if not isinstance(raw, list) or len(raw) != 8 + len(SUM_FIELDS) + 1:
        raise ValueError("a digest row is not a list of the right width")
    day, hour, service, provider, model, country, platform, failed, *figures, pairs = raw
    # Sets of types are made faster than a condition for each member is asked.
    if {type(day), type(service), type(provider)} != TEXT or not (
        {type(model), type(country), type(platform)} <= TEXT_OR_NONE
    ):
        raise ValueError("a digest row holds a dimension that is no text")
    if (
        type(pairs) is not list
        or {type(hour), type(failed), *map(type, figures), *map(type, pairs)} != INTEGER
    ):
        raise ValueError("a digest row holds a figure that is no integer")
    sums = Sums(*figures)
    sums.buckets = dict(zip(pairs[::2], pairs[1::2], strict=True))
    dimensions = Dimensions(
        day, hour, service, provider, model, country, platform, failed=bool(failed)
    )
    return DigestRow(dimensions, sums)
