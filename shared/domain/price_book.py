"""The price book: what vendors charge for tokens, in picos of a US dollar.

Built from a public catalogue (see `docs/price-book.md`) into `price_book.json`, which is read only
when a token price is first asked for. A price is found by who serves the model and what the model is
called; the catalogue's own rules say which names mean which model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from shared.domain.calendar import MS_PER_DAY
from shared.domain.rates import Rate, TieredRates

DATA: Final = Path(__file__).with_name("price_book.json")
MAX_REMEMBERED: Final = 2_048
"""Names whose model is remembered: more than a platform calls by, and names are free text."""

ModelClass = Literal["small", "medium", "large", "embedding", "other"]
"""How big a model is by its name; `other` is neither text in and out nor an embedding."""

ALIASES: Final = {
    "amazon": "aws",
    "amazon-bedrock": "aws",
    "aws-bedrock": "aws",
    "bedrock": "aws",
    "azure-ai": "azure",
    "azure-ai-foundry": "azure",
    "azure-openai": "azure",
    "chatgpt": "openai",
    "claude": "anthropic",
    "claude-ai": "anthropic",
    "fireworks-ai": "fireworks",
    "gemini": "google",
    "google-ai": "google",
    "google-ai-studio": "google",
    "google-gemini": "google",
    "google-genai": "google",
    "google-vertex": "google",
    "gpt": "openai",
    "grok": "x-ai",
    "kimi": "moonshotai",
    "mistral-ai": "mistral",
    "mistralai": "mistral",
    "moonshot": "moonshotai",
    "moonshot-ai": "moonshotai",
    "open-ai": "openai",
    "open-router": "openrouter",
    "perplexity-ai": "perplexity",
    "pplx": "perplexity",
    "together-ai": "together",
    "togetherai": "together",
    "vertex": "google",
    "vertex-ai": "google",
    "voyage-ai": "voyageai",
    "workers-ai": "cloudflare",
    "xai": "x-ai",
    "z-ai": "zai",
    "zhipu": "zhipuai",
}
"""What else a vendor is called. Names are compared as `plain` makes them; the ids count, too."""

_NOT_PLAIN: Final = re.compile(r"[^a-z0-9]+")
_COMPACT_DATE: Final = re.compile(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


@dataclass(frozen=True, slots=True)
class BookPrice:
    """A model's price at some time: `vendor` and `model` are the catalogue's ids."""

    vendor: str
    model: str
    model_class: ModelClass
    rates: TieredRates


@dataclass(frozen=True, slots=True)
class _Period:
    """When rates hold: from an instant on, in a window of the UTC day, or (neither) always."""

    rates: TieredRates
    from_ms: int = 0
    window_ms: tuple[int, int] | None = None

    def active(self, at_ms: int) -> bool:
        if self.window_ms is None:
            return at_ms >= self.from_ms
        (start, end), time = self.window_ms, at_ms % MS_PER_DAY
        return start <= time < end if start <= end else time >= start or time < end


@dataclass(frozen=True, slots=True)
class _Model:
    vendor: str
    model: str
    model_class: ModelClass
    periods: tuple[_Period, ...]

    def at(self, at_ms: int) -> BookPrice:
        """The last period that is active counts; the first when none is."""
        active = (period for period in reversed(self.periods) if period.active(at_ms))
        rates = next(active, self.periods[0]).rates
        return BookPrice(self.vendor, self.model, self.model_class, rates)


class PriceBook:
    """Prices by vendor and model. `version` names the catalogue's release and the way it was read."""

    def __init__(self, data: Any) -> None:
        self.version: str = data["version"]
        self._vendors: dict[str, Any] = data["vendors"]
        self._ids = {plain(vendor): vendor for vendor in self._vendors}
        self._locate = lru_cache(MAX_REMEMBERED)(self._look_up)

    def find(self, provider: str, model: str, at_ms: int) -> BookPrice | None:
        """The price of a model at a time; None when it is not known or several vendors have the name.

        A vendor is found by its id or an alias. Where the provider is none of them, the model's name
        decides if only one vendor has it; who makes a model counts before who resells it.
        """
        found = self._locate(plain(provider), model.lower())
        return None if found is None else found.at(at_ms)

    def models(self, vendor: str, at_ms: int) -> tuple[BookPrice, ...]:
        """All models of a vendor, by its id in the book, with their prices at a time."""
        rows = self._vendors.get(vendor, {"models": ()})["models"]
        return tuple(_model(vendor, row).at(at_ms) for row in rows)

    def vendor_of(self, provider: str) -> str | None:
        """The id of the vendor that a provider's name means."""
        name = plain(provider)
        return self._ids.get(name) or ALIASES.get(name)

    def _look_up(self, provider: str, model: str) -> _Model | None:
        vendor = self.vendor_of(provider)
        if vendor is not None:
            return self._of_vendor(vendor, model)
        owners = [
            name
            for name, about in self._vendors.items()
            if about["owns"] is not None and _matches(about["owns"], model)
        ]
        sellers = [name for name, about in self._vendors.items() if not _resells(about)]
        for candidates in (owners, sellers):
            found = [row for row in (self._own(name, model) for name in candidates) if row]
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def _of_vendor(self, vendor: str, model: str) -> _Model | None:
        """A vendor's model, or one of those whose models it also serves."""
        names = (vendor, *self._vendors[vendor]["also"])
        return next(filter(None, (self._own(name, model) for name in names)), None)

    def _own(self, vendor: str, model: str) -> _Model | None:
        for name in dict.fromkeys((model, _COMPACT_DATE.sub(r"-\1-\2-\3", model))):
            for row in self._vendors[vendor]["models"]:
                if _matches(row[2], name):
                    return _model(vendor, row)
        return None


@cache
def price_book() -> PriceBook:
    """The book that comes with the product, read once."""
    return PriceBook(json.loads(DATA.read_bytes()))


def plain(name: str) -> str:
    """A name as vendors' names are compared: `Google Vertex_AI` is `google-vertex-ai`."""
    return _NOT_PLAIN.sub("-", name.lower()).strip("-")


def _resells(about: Any) -> bool:
    """Whether a vendor only serves what others make."""
    return bool(about["also"]) and about["owns"] is None


_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "=": lambda wanted, name: name == wanted,
    "^": lambda wanted, name: name.startswith(wanted),
    "$": lambda wanted, name: name.endswith(wanted),
    "*": lambda wanted, name: wanted in name,
    "~": lambda wanted, name: re.search(wanted, name) is not None,
}


def _matches(rule: Any, name: str) -> bool:
    """Whether a rule takes a name: one test as text, or `["|" or "&", rule, …]`."""
    if isinstance(rule, str):
        return _TESTS[rule[0]](rule[1:], name)
    several = (_matches(part, name) for part in rule[1:])
    return any(several) if rule[0] == "|" else all(several)


def _model(vendor: str, row: Any) -> _Model:
    name, model_class, _, periods = row
    return _Model(vendor, name, model_class, tuple(_period(*period) for period in periods))


def _period(when: str | None, rates: list[Any]) -> _Period:
    parts = TieredRates(*map(_rate, rates))
    if when is None:
        return _Period(parts)
    if "/" in when:
        start, end = (_time_ms(time) for time in when.split("/"))
        return _Period(parts, window_ms=(start, end))
    day = datetime.combine(date.fromisoformat(when), datetime.min.time(), UTC)
    return _Period(parts, from_ms=int(day.timestamp()) * 1_000)


def _time_ms(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    return (hours * 60 + minutes) * 60_000


def _rate(raw: Any) -> Rate | None:
    """A rate: nothing, a number, or `[base, above, picos, above, picos, …]`."""
    if raw is None or isinstance(raw, int):
        return None if raw is None else Rate(raw)
    return Rate(raw[0], tuple(zip(raw[1::2], raw[2::2], strict=True)))
