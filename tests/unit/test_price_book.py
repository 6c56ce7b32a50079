"""The price book (PRI-2, PRI-4): what it finds, and that it says what the catalogue says.

The catalogue itself is the oracle: it comes with a calculator of its own.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest
from genai_prices import Usage as CatalogueUsage
from genai_prices import types
from genai_prices.data import providers
from hypothesis import given, settings
from hypothesis import strategies as st

from local import price_book as build
from shared.domain.money import PICOS
from shared.domain.price_book import ALIASES, DATA, BookPrice, PriceBook, plain, price_book
from shared.domain.pricing import Charged, PricingTerms, price
from shared.domain.rates import Rate, TieredRates
from shared.domain.tokens import Tokens
from tests.fakes.clock import START_MS
from tests.strategies import parted_tokens

BOOK: Final = price_book()
PAGE: Final = Path(__file__).parents[2] / "docs" / "price-book.md"
MODELS: Final = [(p, m) for p in providers for m in p.models]
BILLED: Final = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
FIRST_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


def found(provider: str, model: str, at_ms: int = START_MS) -> tuple[str, str] | None:
    match = BOOK.find(provider, model, at_ms)
    return None if match is None else (match.vendor, match.model)


def milliseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def of_catalogue(vendor: str, model: str) -> types.ModelInfo:
    return next(m for p, m in MODELS if p.id == vendor and m.id == model)


def test_the_book_is_what_the_catalogue_says() -> None:
    """PRI-2: `make prices` changes nothing, so the committed data is the pinned release's."""
    assert DATA.read_text("utf-8") == build.text(build.book())


def test_the_book_tells_its_release_and_holds_no_address() -> None:
    assert re.fullmatch(r"genai-prices-\d+\.\d+\.\d+-r\d+", BOOK.version)
    assert "://" not in DATA.read_text("utf-8")


@settings(max_examples=300)
@given(st.sampled_from(MODELS), parted_tokens, st.integers(0, 4 * 365 * 86_400))
def test_every_price_is_the_catalogue_s_to_the_last_digit(
    place: tuple[types.Provider, types.ModelInfo], tokens: Tokens, second: int
) -> None:
    """PRI-2: cached, cache-write, reasoning and tiered rates, at any time."""
    provider, model = place
    at = FIRST_DAY + timedelta(seconds=second)
    listed = next(
        book for book in BOOK.models(provider.id, milliseconds(at)) if book.model == model.id
    )
    kept = types.ModelPrice(
        **{
            part: value
            for part, value in model.get_prices(at).__dict__.items()
            if part in build.PARTS and value is not None
        }
    )
    if any(_rounded(getattr(kept, part)) for part in build.PARTS):
        return
    assert tokens.input is not None
    cost = _by_book(listed, tokens)
    if cost is None:
        missing = {part for part in BILLED[:2] if getattr(kept, part) is None}
        assert missing
        return
    usage = CatalogueUsage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cached_input,
        cache_write_tokens=tokens.cache_write,
        output_reasoning_tokens=tokens.reasoning,
    )
    assert Fraction(cost, PICOS) == Fraction(_exact(kept, usage))


def _rounded(value: Decimal | types.TieredPrices | None) -> bool:
    """Whether the catalogue's figure has more digits than the book keeps."""
    return any(figure != round(figure, 6) for figure in _figures(value))


def _exact(kept: types.ModelPrice, usage: CatalogueUsage) -> Decimal:
    """The catalogue's calculation, with room for every digit."""
    with localcontext(prec=60):
        return kept.calc_price(usage)["total_price"]


def _by_book(listed: BookPrice, tokens: Tokens) -> int | None:
    book = _Only(listed)
    terms = PricingTerms("tokens", 0, 1, book=lambda: book)
    charged = Charged("any", "any", "any", tokens, failed=False, at_ms=START_MS)
    made = price(terms, charged, cost_picos=None, credits=None)
    return None if made.basis == "unpriced" else made.recompute()[0]


class _Only(PriceBook):
    """A book of one price."""

    def __init__(self, only: BookPrice) -> None:
        super().__init__({"version": "test", "vendors": {}})
        self._only = only

    def find(self, provider: str, model: str, at_ms: int) -> BookPrice:
        del provider, model, at_ms
        return self._only


def test_few_prices_have_more_digits_than_are_kept_and_all_are_resellers() -> None:
    """Those are the remains of binary floats; rounding moves none by more than half a pico."""
    rounded = [
        (provider.id, figure)
        for provider, model in MODELS
        for _, price_ in _conditions(model)
        for part in build.PARTS
        for figure in _figures(getattr(price_, part))
        if figure != round(figure, 6)
    ]
    assert {vendor for vendor, _ in rounded} == {"openrouter", "huggingface_together"}
    assert len(rounded) < 40


def _conditions(model: types.ModelInfo) -> list[tuple[object, types.ModelPrice]]:
    if isinstance(model.prices, types.ModelPrice):
        return [(None, model.prices)]
    return [(one.constraint, one.prices) for one in model.prices]


def _figures(value: Decimal | types.TieredPrices | None) -> list[Decimal]:
    if isinstance(value, types.TieredPrices):
        return [value.base, *(tier.price for tier in value.tiers)]
    return [] if value is None else [value]


@settings(max_examples=300)
@given(st.sampled_from(MODELS), st.sampled_from([p.id for p in providers]))
def test_a_vendor_s_model_is_the_one_the_catalogue_finds(
    place: tuple[types.Provider, types.ModelInfo], vendor: str
) -> None:
    """PRI-2: by the catalogue's own rules of names, those of whom it also serves included."""
    name = place[1].id
    provider = next(p for p in providers if p.id == vendor)
    wanted = provider.find_model(name, all_providers=providers)
    match = BOOK.find(vendor, name, START_MS)
    assert (None if match is None else match.model) == (None if wanted is None else wanted.id)


@pytest.mark.parametrize(
    ("provider", "model", "vendor"),
    [
        ("claude", "claude-3-5-sonnet-20241022", "anthropic"),
        ("Anthropic", "claude-opus-4-5", "anthropic"),
        ("custom", "gpt-4", "openai"),
        ("custom", "GPT-4o-mini", "openai"),
        ("custom", "text-embedding-3-small", "openai"),
        ("note-summariser", "gemini-2.5-flash", "google"),
        ("gemini", "gemini-2.5-flash", "google"),
        ("Vertex_AI", "gemini-2.5-pro", "google"),
        ("google", "claude-3-opus", "google"),
        ("azure", "gpt-4", "openai"),
        ("azure-openai", "gpt-4o", "openai"),
        ("bedrock", "anthropic.claude-3-haiku-20240307-v1:0", "aws"),
        ("grok", "grok-4", "x-ai"),
        ("openrouter", "openai/gpt-4o", "openrouter"),
        ("gpt", "gpt-5.2-20251211", "openai"),
    ],
)
def test_a_price_is_found_by_whatever_a_vendor_is_called(
    provider: str, model: str, vendor: str
) -> None:
    """PRI-2: aliases first, then a model name that only one vendor has."""
    match = found(provider, model)
    assert match is not None
    assert match[0] == vendor


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("custom", "llama-3.3-70b-instruct"),
        ("custom", "unheard-of"),
        ("custom", "claude"),
        ("openai", "claude-3-opus"),
        ("anthropic", "gpt-4"),
    ],
)
def test_a_name_that_says_too_little_or_the_wrong_thing_finds_no_price(
    provider: str, model: str
) -> None:
    """PRI-4: no guess between vendors, and none against what the provider says."""
    assert found(provider, model) is None


def test_a_name_of_a_service_is_no_vendor_s_just_because_it_contains_one() -> None:
    assert found("google-docs-helper", "gpt-4") == ("openai", "gpt-4")
    assert BOOK.vendor_of("openai-proxy") is None


def test_every_alias_is_plain_names_a_vendor_and_stands_in_the_documents() -> None:
    """PRI-2: published aliases."""
    ids = {provider.id for provider in providers}
    assert ids.isdisjoint(ALIASES)
    assert set(ALIASES.values()) <= ids
    assert all(plain(alias) == alias for alias in ALIASES)
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    published = {
        alias: vendor for vendor, names in rows for alias in re.findall(r"`([^`]+)`", names)
    }
    assert published == ALIASES


def test_a_price_starts_on_its_day_in_utc() -> None:
    """PRI-2: effective dates by when it occurred, to the millisecond."""
    vendor, model, day = next(
        (provider.id, model.id, constraint.start_date)
        for provider, model in MODELS
        for constraint, _ in _conditions(model)
        if isinstance(constraint, types.StartDateConstraint)
    )
    start_ms = milliseconds(datetime.combine(day, datetime.min.time(), UTC))
    before = BOOK.find(vendor, model, start_ms - 1)
    after = BOOK.find(vendor, model, start_ms)
    assert before is not None
    assert after is not None
    assert before.rates != after.rates


def test_a_price_may_hold_for_some_hours_of_the_day() -> None:
    model = of_catalogue("deepseek", "deepseek-chat")
    for hour in range(24):
        at = datetime(2025, 3, 4, hour, 30, tzinfo=UTC)
        match = BOOK.find("deepseek", "deepseek-chat", milliseconds(at))
        assert match is not None
        assert match.rates.input is not None
        wanted = model.get_prices(at).input_mtok
        assert isinstance(wanted, Decimal)
        assert match.rates.input.base == wanted * 10**6


def test_the_whole_request_moves_to_the_rate_of_its_size() -> None:
    """PRI-2: tiers are cliffs; cached tokens count towards the size, output does not."""
    rates = TieredRates(input=Rate(2, ((100, 3), (200, 5))), output=Rate(7, ((100, 11),)))
    sizes = {size: rates.at(size) for size in (0, 100, 101, 200, 201)}
    assert [r.input for r in sizes.values()] == [2, 2, 3, 3, 5]
    assert [r.output for r in sizes.values()] == [7, 7, 11, 11, 11]
    assert rates.at(101).cached_input == 3


def test_a_vendor_s_models_are_listed_with_class_and_rates() -> None:
    listed = {book.model: book for book in BOOK.models("openai", START_MS)}
    assert listed["gpt-4o"].model_class == "medium"
    assert listed["gpt-4o-mini"].model_class == "small"
    assert listed["text-embedding-3-small"].model_class == "embedding"
    assert listed["whisper-1"].model_class == "other"
    assert BOOK.models("nobody", START_MS) == ()
