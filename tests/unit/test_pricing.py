"""What a usage log costs, and the receipt that proves it (PRI-1 … PRI-5)."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import PICOS
from shared.domain.price_book import PriceBook, price_book
from shared.domain.pricing import (
    BookReceipt,
    Charged,
    Line,
    PricingTerms,
    Receipt,
    WorkspacePrice,
    price,
    price_in_force,
)
from shared.domain.rates import TokenRates
from shared.domain.tokens import Tokens
from tests.factories import pricing_terms
from tests.fakes.clock import START_MS
from tests.strategies import models, parted_tokens, picos, pricing, services, token_rates, tokens

RATES = TokenRates(input=3_000_000, output=15_000_000, cached_input=300_000)
PARTS = Tokens.of_parts(1000, 200, cached_input=400, cache_write=100, reasoning=50)


def receipt(terms: PricingTerms, **changes: Any) -> Receipt:
    stated = {name: changes.pop(name, None) for name in ("cost_picos", "credits")}
    charged = Charged("chat", "chat", "gpt-x", PARTS, failed=False, at_ms=START_MS)
    return price(terms, replace(charged, **changes), **stated)


def own(
    request_picos: int | None = None, rates: TokenRates | None = None, **at: Any
) -> WorkspacePrice:
    place: dict[str, Any] = {"service": "chat", "model": "gpt-x", "effective_ms": START_MS}
    return WorkspacePrice(**(place | at), request_picos=request_picos, rates=rates)


@given(
    pricing,
    services,
    models,
    tokens,
    st.booleans(),
    st.none() | picos,
    st.none() | st.integers(0, 10**9),
)
def test_every_receipt_recomputes_from_what_it_says(
    terms: PricingTerms,
    service: str,
    model: str | None,
    tokens: Tokens | None,
    failed: bool,
    cost: int | None,
    credits: int | None,
) -> None:
    """PRI-5, PRI-3: by fractions, from the lines and the credit value alone."""
    made = receipt(
        terms,
        service=service,
        model=model,
        tokens=tokens,
        failed=failed,
        cost_picos=cost,
        credits=credits,
    )
    exact = sum((Fraction(line.quantity) * line.rate_picos for line in made.lines), Fraction(0))
    exact = exact if made.stated_cost_picos is None else Fraction(made.stated_cost_picos)
    if made.book is not None and made.book.exchange_rate_picos is not None:
        exact = Fraction(math.floor(exact * made.book.exchange_rate_picos / PICOS + Fraction(1, 2)))
    covering = math.ceil(exact / made.credit_value_picos)
    stated = made.stated_credits
    cost_picos, credited = made.recompute()
    assert Fraction(cost_picos) == exact
    assert credited == (covering if stated is None else stated)
    assert (made.stated_cost_picos, made.stated_credits) == (cost, credits)
    assert made.credit_value_picos == terms.credit_value_picos
    assert all(line.quantity >= 0 for line in made.lines)


@given(pricing, services, models, tokens, st.booleans())
def test_nothing_is_free_without_a_price_that_says_so(
    terms: PricingTerms, service: str, model: str | None, tokens: Tokens | None, failed: bool
) -> None:
    """PRI-4: unpriced is flagged, never silently free."""
    made = receipt(terms, service=service, model=model, tokens=tokens, failed=failed)
    cost, _ = made.recompute()
    if made.basis == "unpriced":
        assert (cost, made.lines) == (0, ())
        flat = (
            terms.mode == "flat" and price_in_force(terms.prices, service, model, START_MS) is None
        )
        assert not flat
    else:
        assert made.lines
    if cost == 0 and made.basis != "unpriced":
        assert all(line.quantity == 0 or line.rate_picos == 0 for line in made.lines)


@given(token_rates, parted_tokens, st.booleans())
def test_each_token_is_charged_once_at_the_rate_of_its_part(
    rates: TokenRates, tokens: Tokens, failed: bool
) -> None:
    """PRI-2, REC-2: parts without a rate of their own cost what they are part of."""
    made = receipt(pricing_terms(prices=(own(rates=rates),)), tokens=tokens, failed=failed)
    assert tokens.input is not None
    assert tokens.output is not None
    discounts = {
        "cached": (tokens.cached_input, rates.cached_input, rates.input),
        "written": (tokens.cache_write, rates.cache_write, rates.input),
        "reasoning": (tokens.reasoning, rates.reasoning, rates.output),
    }
    expected = tokens.input * rates.input + tokens.output * rates.output
    expected += sum(n * (rate - base) for n, rate, base in discounts.values() if rate is not None)
    assert made.basis == "workspace_price"
    assert made.recompute()[0] == expected
    assert sum(line.quantity for line in made.lines) == tokens.total


def test_a_receipt_lists_the_parts_there_are() -> None:
    made = receipt(pricing_terms(prices=(own(rates=RATES),)))
    assert made.lines == (
        Line("input", 500, 3_000_000),
        Line("cachedInput", 400, 300_000),
        Line("cacheWrite", 100, 3_000_000),
        Line("output", 150, 15_000_000),
        Line("reasoning", 50, 15_000_000),
    )
    few = receipt(pricing_terms(prices=(own(rates=RATES),)), tokens=Tokens.of_parts(0, 7))
    assert few.lines == (Line("output", 7, 15_000_000),)
    none = receipt(pricing_terms(prices=(own(rates=RATES),)), tokens=Tokens.of_parts(0, 0))
    assert none.lines == (Line("input", 0, 3_000_000),)


def test_the_flat_price_is_half_a_cent_by_default_and_for_any_call() -> None:
    """PRI-1, REC-9."""
    for call in ({}, {"tokens": None, "model": None}, {"tokens": Tokens(7)}):
        made = receipt(pricing_terms(), **call)
        assert made.basis == "flat"
        assert made.recompute() == (5_000_000_000, 5)


def test_a_failed_call_costs_nothing_at_a_flat_price() -> None:
    """PRI-2: of the mode, and of the workspace's own."""
    for terms in (pricing_terms(), pricing_terms(prices=(own(request_picos=7),))):
        made = receipt(terms, failed=True)
        assert made.recompute() == (0, 0)
        assert made.basis in {"flat", "workspace_price"}
        assert made.lines[0].quantity == 0


BOOK_CALL = {"service": "custom", "model": "gpt-4"}


def test_the_book_prices_what_no_price_of_the_workspace_does() -> None:
    """PRI-2: gpt-4 costs 30 and 60 dollars for a million tokens, wherever it is called."""
    terms = pricing_terms(mode="tokens", prices=(own(request_picos=7, service="custom"),))
    made = receipt(terms, **BOOK_CALL)
    assert made.book == BookReceipt(price_book().version, ("openai", "gpt-4"))
    assert made.recompute() == (1000 * 30_000_000 + 200 * 60_000_000, 42)
    assert receipt(terms, **BOOK_CALL | {"model": "gpt-x"}).basis == "workspace_price"


@pytest.mark.parametrize(
    ("rate", "cost"),
    [(10**12, 42 * 10**9), (13 * 10**11, 54_600_000_000), (1, 0), (12, 1), (11, 0), (36, 2)],
)
def test_dollars_are_exchanged_once_and_rounded_half_up(rate: int, cost: int) -> None:
    """PRI-6: 0.042 dollars; the rate is 10⁻¹² of the currency for one."""
    terms = pricing_terms(mode="tokens", currency="KRW", exchange_rate_picos=rate)
    made = receipt(terms, **BOOK_CALL)
    assert made.recompute()[0] == cost
    assert made.book is not None
    assert made.book.exchange_rate_picos == rate


def test_a_dollar_workspace_has_no_use_for_a_rate_and_a_foreign_one_needs_it() -> None:
    """PRI-6."""
    dollars = pricing_terms(mode="tokens", exchange_rate_picos=5)
    made = receipt(dollars, **BOOK_CALL)
    assert made.book is not None
    assert made.book.exchange_rate_picos is None
    assert receipt(pricing_terms(mode="tokens", currency="EUR"), **BOOK_CALL).basis == "unpriced"


def test_a_flat_workspace_never_opens_the_book() -> None:
    """The hot path of most workspaces does not load it."""

    def opened() -> PriceBook:
        raise AssertionError("the book was opened")

    prices = (own(rates=RATES),)
    flat = pricing_terms(book=opened, prices=prices)
    for call in (BOOK_CALL, {}, {"tokens": None}, {"model": None}):
        assert receipt(flat, **call).basis != "price_book"
    tokens = pricing_terms(mode="tokens", book=opened, prices=prices)
    assert receipt(tokens).basis == "workspace_price"
    assert receipt(tokens, model=None).basis == "unpriced"
    assert receipt(tokens, **BOOK_CALL, cost_picos=1).basis == "stated"


def test_a_part_without_any_rate_makes_a_log_unpriced_not_cheap() -> None:
    """PRI-4: an embedding model has no price of output."""
    call = {"service": "custom", "model": "text-embedding-3-small"}
    terms = pricing_terms(mode="tokens")
    assert receipt(terms, **call, tokens=Tokens.of_parts(1000, 0)).recompute()[0] == 20_000_000
    assert receipt(terms, **call, tokens=Tokens.of_parts(1000, 1)).basis == "unpriced"


def test_a_fee_for_each_request_is_charged_beside_the_tokens_of_a_success() -> None:
    """Perplexity's sonar has one."""
    call: dict[str, Any] = {"service": "perplexity", "model": "sonar"}
    terms = pricing_terms(mode="tokens")
    done, failed = receipt(terms, **call), receipt(terms, **call, failed=True)
    (fee,) = (line for line in done.lines if line.item == "request")
    assert (fee.quantity, fee.rate_picos > 0) == (1, True)
    assert done.recompute()[0] - failed.recompute()[0] == fee.rate_picos


def test_a_failed_call_costs_its_tokens_at_a_token_price() -> None:
    """PRI-2."""
    terms = pricing_terms(prices=(own(rates=RATES),))
    assert receipt(terms, failed=True).recompute() == receipt(terms).recompute()


def test_a_failed_call_that_reports_no_tokens_costs_nothing_at_a_token_price() -> None:
    """It is charged what it reports; a success without tokens has no price."""
    prices = (own(rates=RATES),)
    failed = receipt(pricing_terms(prices=prices), tokens=None, failed=True)
    assert (failed.basis, failed.recompute()) == ("workspace_price", (0, 0))
    done = receipt(pricing_terms(prices=prices), tokens=None, failed=False)
    assert done.basis == "unpriced"


def test_what_is_stated_goes_before_every_price() -> None:
    """PRI-3: a caller may state the cost, the credits, or both."""
    terms = pricing_terms(prices=(own(request_picos=7),))
    cost = receipt(terms, cost_picos=1_000_000_001)
    assert (cost.basis, cost.recompute()) == ("stated", (1_000_000_001, 2))
    credits = receipt(terms, credits=3)
    assert (credits.basis, credits.recompute()) == ("workspace_price", (7, 3))
    assert receipt(terms, cost_picos=0, credits=9).recompute() == (0, 9)
    assert receipt(terms, failed=True, cost_picos=5, credits=0).recompute() == (5, 0)


@pytest.mark.parametrize("mode", ["flat", "tokens"])
def test_a_workspace_price_goes_before_the_mode(mode: str) -> None:
    terms = pricing_terms(mode=mode, prices=(own(request_picos=7),))
    assert receipt(terms).recompute()[0] == 7
    assert receipt(terms, model="other").basis == ("flat" if mode == "flat" else "unpriced")
    assert receipt(terms, service="other").basis == ("flat" if mode == "flat" else "unpriced")
    assert receipt(terms, model=None).basis == ("flat" if mode == "flat" else "unpriced")


def test_a_price_without_a_model_is_for_calls_without_one() -> None:
    terms = pricing_terms(prices=(own(request_picos=7, model=None),))
    assert receipt(terms, model=None).recompute()[0] == 7
    assert receipt(terms).basis == "flat"


@pytest.mark.parametrize("tokens", [None, Tokens(1200)])
@pytest.mark.parametrize("mode", ["flat", "tokens"])
def test_a_token_price_needs_the_parts_or_the_log_is_unpriced(
    tokens: Tokens | None, mode: str
) -> None:
    """PRI-4: a plain total can only be priced by a flat price."""
    made = receipt(pricing_terms(mode=mode, prices=(own(rates=RATES),)), tokens=tokens)
    assert (made.basis, made.recompute()) == ("unpriced", (0, 0))


@given(st.lists(st.integers(-3, 3), unique=True).map(tuple), st.integers(-4, 4))
def test_the_latest_price_in_force_at_the_time_of_the_event_counts(
    starts: tuple[int, ...], at: int
) -> None:
    """PRI-2: effective dates."""
    prices = tuple(own(request_picos=start + 10, effective_ms=START_MS + start) for start in starts)
    begun = [start for start in starts if start <= at]
    found = price_in_force(prices, "chat", "gpt-x", START_MS + at)
    assert (None if found is None else found.request_picos) == (max(begun) + 10 if begun else None)
    made = receipt(pricing_terms(prices=prices), at_ms=START_MS + at)
    assert made.basis == ("workspace_price" if begun else "flat")


def test_a_price_is_either_flat_or_by_the_token() -> None:
    with pytest.raises(AssertionError):
        own()
    with pytest.raises(AssertionError):
        own(request_picos=1, rates=RATES)


def test_credits_are_rounded_up_once_for_the_log_not_for_each_line() -> None:
    """PRI-3."""
    value = 1_000_000_000
    made = replace(
        receipt(pricing_terms()), lines=(Line("a", 1, value // 2), Line("b", 1, value // 2))
    )
    assert made.recompute() == (value, 1)
