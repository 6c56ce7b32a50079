"""Which models could stand in for another: of the same vendor, class and family, and not older. Pure.

Vendors do not say which model replaces which, and nothing is made up here: names are taken apart instead.
`gpt-4o` is of the family `gpt`, version 4; `gpt-5-mini` is too small a class for it, `gpt-5.3-codex` says
of itself to be for something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from shared.domain.price_book import BookPrice, ModelClass

COMPARED: Final[frozenset[ModelClass]] = frozenset(("small", "medium", "large"))
"""Embeddings are not: vectors of two models do not mix, so the same traffic would not do."""

SIZES: Final = frozenset(
    ("flash", "haiku", "large", "lite", "medium", "mini", "nano", "opus", "pro", "small", "sonnet")
)
"""Words of a model's name that say how big it is; other words say what it is for."""

PASSING: Final = frozenset(("latest", "preview", "turbo"))
"""Words that a successor need not have."""

_FAMILY: Final = re.compile(r"[a-z]+")
_WORD: Final = re.compile(r"(?<![a-z0-9.])[a-z]+(?![a-z0-9])")
_VERSION: Final = re.compile(
    r"(?<![0-9.])(\d{1,2})(?:[.-](\d{1,2})(?![0-9a-z]))?(?=o?(?:[^0-9a-z]|$))"
)
"""`4.1`, `4-1` and the 4 of `4o`; not the size of `8b` or `32k`, nor a date."""


def alternatives(to: BookPrice, models: Iterable[BookPrice]) -> Iterator[BookPrice]:
    """Those of a vendor's models that could stand in for one of them, by class and name."""
    if to.model_class not in COMPARED:
        return
    name = _plain(to.model)
    purposes = _purposes(name)
    for other in models:
        found = _plain(other.model)
        if (
            other.model != to.model
            and other.model_class == to.model_class
            and _family(found) == _family(name)
            and version_of(found) >= version_of(name)
            and _purposes(found) in {purposes, purposes - PASSING}
        ):
            yield other


def version_of(name: str) -> tuple[int, int]:
    """The version in a model's name; (0, 0) where it has none."""
    match = _VERSION.search(name)
    return (0, 0) if match is None else (int(match[1]), int(match[2] or 0))


def _plain(model: str) -> str:
    """A model's name without who made it, where a reseller says so in front."""
    return model.lower().rpartition("/")[2]


def _family(name: str) -> str:
    match = _FAMILY.match(name)
    return "" if match is None else match[0]


def _purposes(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name)) - SIZES
