"""Writes the price book from the public catalogue that is installed: `python -m local.price_book`.

The catalogue is the package genai-prices, a tool of the work bench. Only what tells the price of a
token is kept: names, rules of names, rates, dates. Prices are dollars per million tokens there and
picos of a dollar per token in the book.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from importlib.metadata import version
from typing import Any, Final

from genai_prices import types
from genai_prices.data import providers

from shared.domain.money import MONEY_PLACES
from shared.domain.price_book import DATA, ModelClass

READING: Final = 1
"""Goes up when this script reads the same catalogue in another way: it is part of the version."""

PARTS: Final = (
    "input_mtok",
    "output_mtok",
    "cache_read_mtok",
    "cache_write_mtok",
    "output_reasoning_mtok",
    "requests_kcount",
)
"""The catalogue's prices that a usage log has figures for, in the order of `TieredRates`."""

SMALL: Final = re.compile(r"\b(mini|nano|lite|flash|haiku|small|tiny|micro|instant|air)\b")
LARGE: Final = re.compile(r"\b(opus|pro|large|ultra|heavy|max|premier|mythos)\b")
OTHER: Final = re.compile(
    r"\b(audio|realtime|tts|transcribe|image|live|whisper|moderation|search|guard|safeguard|rerank|ocr"
    r"|video|vision|translate|speech|banana)\b"
)
BILLIONS: Final = re.compile(r"\b(\d+)b\b")
SMALL_BILLIONS: Final = 20
LARGE_BILLIONS: Final = 100


def book() -> dict[str, object]:
    """The whole book, as it stands in the file."""
    return {
        "version": f"genai-prices-{version('genai-prices')}-r{READING}",
        "vendors": {
            provider.id: {
                "owns": None if provider.model_match is None else rule(provider.model_match),
                "also": provider.fallback_model_providers or [],
                "models": [
                    [model.id, model_class(model), rule(model.match), list(periods(model))]
                    for model in provider.models
                ],
            }
            for provider in providers
        },
    }


def rule(match: Any) -> str | list[Any]:
    """A rule of names: a sign and a text, or `"|"` (any) or `"&"` (all) before a list of rules."""
    if isinstance(match, types.ClauseOr):
        parts = [rule(part) for part in match.or_]
        return ["|", *parts] if len(parts) > 1 else parts[0]
    if isinstance(match, types.ClauseAnd):
        return ["&", *map(rule, match.and_)]
    if isinstance(match, types.ClauseRegex):
        return f"~{match.regex}"
    if isinstance(match, types.ClauseEquals):
        return f"={match.equals.lower()}"
    if isinstance(match, types.ClauseStartsWith):
        return f"^{match.starts_with.lower()}"
    if isinstance(match, types.ClauseEndsWith):
        return f"${match.ends_with.lower()}"
    if isinstance(match, types.ClauseContains):
        return f"*{match.contains.lower()}"
    raise TypeError(f"a new kind of rule: {match!r}")


def periods(model: types.ModelInfo) -> Iterator[tuple[str | None, list[object]]]:
    """`(when, rates)` of a model's prices in the catalogue's order; `when` is a day or `from/to`."""
    prices = model.prices
    if isinstance(prices, types.ModelPrice):
        yield None, rates(prices)
        return
    for conditional in prices:
        yield _when(conditional.constraint), rates(conditional.prices)


def _when(constraint: object) -> str | None:
    if constraint is None:
        return None
    if isinstance(constraint, types.StartDateConstraint):
        return constraint.start_date.isoformat()
    if isinstance(constraint, types.TimeOfDateConstraint):
        return f"{constraint.start_time:%H:%M}/{constraint.end_time:%H:%M}"
    raise TypeError(f"a new kind of constraint: {constraint!r}")


def rates(price: types.ModelPrice) -> list[object]:
    """Picos for one token of each part (and for one request), trailing ones that are not there cut."""
    found = [_rate(getattr(price, part), part) for part in PARTS]
    while found and found[-1] is None:
        found.pop()
    return found


def _rate(price: Decimal | types.TieredPrices | None, part: str) -> object:
    if price is None:
        return None
    if isinstance(price, types.TieredPrices):
        steps = [figure for tier in price.tiers for figure in (tier.start, picos(tier.price, part))]
        return [picos(price.base, part), *steps]
    return picos(price, part)


def picos(price: Decimal, part: str) -> int:
    """Picos for one, of a price of a million tokens or a thousand requests; half up."""
    per = 3 if part == "requests_kcount" else 6
    return int(price.scaleb(MONEY_PLACES - per).to_integral_value(ROUND_HALF_UP))


def model_class(model: types.ModelInfo) -> ModelClass:
    """How big a model is, by the words of its name."""
    name = model.id.lower().replace("_", "-")
    given = {
        part for _, kept in periods(model) for part, rate in zip(PARTS, kept, strict=False) if rate
    }
    if "input_mtok" not in given or OTHER.search(name):
        return "other"
    if "output_mtok" not in given:
        return "embedding"
    billions = max(map(int, BILLIONS.findall(name)), default=0)
    if SMALL.search(name) or 0 < billions <= SMALL_BILLIONS:
        return "small"
    if LARGE.search(name) or billions >= LARGE_BILLIONS:
        return "large"
    return "medium"


def text(data: dict[str, Any]) -> str:
    """The book as JSON with a line for each model, so that a change shows what changed."""
    vendors = []
    for vendor, about in data["vendors"].items():
        rows = ",\n".join(map(_compact, about["models"]))
        head = f'"owns":{_compact(about["owns"])},"also":{_compact(about["also"])}'
        vendors.append(f'{_compact(vendor)}:{{{head},"models":[\n{rows}\n]}}')
    return f'{{"version":{_compact(data["version"])},"vendors":{{\n{",".join(vendors)}\n}}}}\n'


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main() -> int:
    """Write the book, or with `--check` say whether the one that is there is the catalogue's."""
    parser = argparse.ArgumentParser(prog="python -m local.price_book")
    parser.add_argument("--check", action="store_true", help="change nothing, fail if it differs")
    new = text(book())
    if not parser.parse_args().check:
        DATA.write_text(new, "utf-8")
    elif DATA.read_text("utf-8") != new:
        print(
            "shared/domain/price_book.json is not the catalogue's: run make prices", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
