"""What a usage log costs, and the receipt that reproduces the figure.

Order of precedence: what the caller states; a workspace price for the service and model; the
workspace's pricing mode. A price for each token needs the parts of the tokens, a plain total can only
be priced by a flat price. What nothing prices is `unpriced`, never silently free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from shared.domain.money import credits_for
from shared.domain.tokens import Tokens

Basis = Literal["stated", "workspace_price", "flat", "price_book", "unpriced"]
PricingMode = Literal["flat", "tokens"]

REQUEST: Final = "request"
MAX_WORKSPACE_PRICES: Final = 500
"""A workspace's own prices are read with every request, so their item has to stay small."""


@dataclass(frozen=True, slots=True)
class TokenRates:
    """Picos for one token. A part without a rate of its own is charged as what it is part of."""

    input: int
    output: int
    cached_input: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class WorkspacePrice:
    """A workspace's own price of a service and model, in force from `effective_ms`.

    Exactly one of `request_picos` (a flat price of a success) and `rates` is there.
    """

    service: str
    model: str | None
    effective_ms: int
    request_picos: int | None = None
    rates: TokenRates | None = None

    def __post_init__(self) -> None:
        assert (self.request_picos is None) != (self.rates is None)


@dataclass(frozen=True, slots=True)
class PricingTerms:
    """What a workspace charges. `request_picos` is the flat price, `credit_value_picos` one credit's."""

    mode: PricingMode
    request_picos: int
    credit_value_picos: int
    prices: tuple[WorkspacePrice, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a receipt: `quantity` of `item`, each at `rate_picos`."""

    item: str
    quantity: int
    rate_picos: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a figure came about. `recompute` gives the figure again.

    `stated_cost_picos` and `stated_credits` are there when the caller stated them.
    """

    basis: Basis
    lines: tuple[Line, ...]
    credit_value_picos: int
    stated_cost_picos: int | None = None
    stated_credits: int | None = None
    price_book: str | None = None

    def recompute(self) -> tuple[int, int]:
        """`(cost_picos, credits)` by the arithmetic the receipt states."""
        cost = self.stated_cost_picos
        if cost is None:
            cost = sum(line.quantity * line.rate_picos for line in self.lines)
        if self.stated_credits is not None:
            return cost, self.stated_credits
        return cost, credits_for(cost, self.credit_value_picos)


def price(
    terms: PricingTerms,
    *,
    service: str,
    model: str | None,
    tokens: Tokens | None,
    failed: bool,
    at_ms: int,
    cost_picos: int | None,
    credits: int | None,
) -> Receipt:
    """The receipt of one usage log. `cost_picos` and `credits` are what the caller stated."""
    if cost_picos is not None:
        basis: Basis = "stated"
        lines: tuple[Line, ...] = ()
    else:
        basis, lines = _computed(terms, service, model, tokens, failed, at_ms)
    return Receipt(basis, lines, terms.credit_value_picos, cost_picos, credits)


def _computed(
    terms: PricingTerms,
    service: str,
    model: str | None,
    tokens: Tokens | None,
    failed: bool,
    at_ms: int,
) -> tuple[Basis, tuple[Line, ...]]:
    own = price_in_force(terms.prices, service, model, at_ms)
    if own is not None and own.request_picos is not None:
        return "workspace_price", _flat(own.request_picos, failed)
    if own is not None and own.rates is not None:
        lines = _by_token(own.rates, tokens, failed)
        return ("unpriced", ()) if lines is None else ("workspace_price", lines)
    if terms.mode == "flat":
        return "flat", _flat(terms.request_picos, failed)
    return "unpriced", ()


def price_in_force(
    prices: tuple[WorkspacePrice, ...], service: str, model: str | None, at_ms: int
) -> WorkspacePrice | None:
    """The latest price of the service and model that was in force at the time."""
    candidates = [
        own
        for own in prices
        if own.service == service and own.model == model and own.effective_ms <= at_ms
    ]
    return max(candidates, key=lambda own: own.effective_ms, default=None)


def _flat(request_picos: int, failed: bool) -> tuple[Line, ...]:
    return (Line(REQUEST, 0 if failed else 1, request_picos),)


def _by_token(rates: TokenRates, tokens: Tokens | None, failed: bool) -> tuple[Line, ...] | None:
    """Lines of the parts that are there; None when the parts are not known.

    A failed call is charged what it reports: without tokens, none.
    """
    if tokens is None and failed:
        return (Line("input", 0, rates.input),)
    if tokens is None or tokens.input is None:
        return None
    cached = rates.input if rates.cached_input is None else rates.cached_input
    written = rates.input if rates.cache_write is None else rates.cache_write
    reasoning = rates.output if rates.reasoning is None else rates.reasoning
    lines = (
        Line("input", tokens.fresh_input, rates.input),
        Line("cachedInput", tokens.cached_input, cached),
        Line("cacheWrite", tokens.cache_write, written),
        Line("output", tokens.plain_output, rates.output),
        Line("reasoning", tokens.reasoning, reasoning),
    )
    return tuple(line for line in lines if line.quantity) or lines[:1]
