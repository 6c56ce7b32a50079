"""What is reported: the members of a usage log, and whoever takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Unpack

Money = Decimal | int | float | str
"""An amount of money on the way in. Decimals, integers and texts are exact; a float is read as the decimal
it prints as, rounded to 12 places, so `0.005` is 0.005 and `0.1 + 0.2` is 0.3."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call: the parts, or a plain `total`.

    `cached_input` and `cache_write` lie inside `input`, `reasoning` inside `output`.
    """

    input: int | None = None
    output: int | None = None
    cached_input: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    total: int | None = None


class _Required(TypedDict):
    user_id: str
    service: str


class Usage(_Required, total=False):
    """One consumed request. Absent and None are the same.

    `tokens` is a `Tokens`, a mapping with its members, or an integer total. `cost` is in the workspace's
    currency, `credits` in whole credits; what is not given is computed by the workspace's prices.
    `response_time_ms` is in milliseconds, `country` ISO 3166-1 alpha-2, `metadata` at most 4,096 bytes of
    JSON. `occurred_at` is aware (default: now). `id` makes it count once (default: a new UUIDv7).
    """

    id: str | None
    provider: str | None
    model: str | None
    tokens: Tokens | Mapping[str, int | None] | int | None
    credits: int | None
    cost: Money | None
    status: Literal["success", "error"] | None
    error_code: str | None
    response_time_ms: float | None
    response_bytes: int | None
    country: str | None
    platform: str | None
    request_id: str | None
    occurred_at: datetime | None
    metadata: Mapping[str, Any] | None


class Sink(Protocol):
    """Takes usage, now or later. A `Recorder` is one."""

    def record(self, **usage: Unpack[Usage]) -> str:
        """Take the usage of one request; returns its id. Never raises, never blocks."""
        ...
