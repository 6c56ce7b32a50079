"""Pages of what is listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows in order, and the key to go on from (None at the end)."""

    rows: list[T]
    next_key: str | None
