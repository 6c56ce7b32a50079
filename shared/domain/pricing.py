"""What a usage log costs, and the receipt that reproduces the figure.

Order of precedence: what the caller states; a workspace price for the service and model; the
workspace's pricing mode. A price for each token needs the parts of the tokens, a plain total can only
be priced by a flat price. What nothing prices is `unpriced`, never silently free.

Workspace prices are in the workspace's currency. The price book is in US dollars: elsewhere its figures
take the workspace's exchange rate, rounded half up once for each log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from shared.domain.money import converted, credits_for
from shared.domain.price_book import PriceBook, price_book
from shared.domain.rates import PartRates, TokenRates
from shared.domain.tokens import Tokens

Basis = Literal["stated", "workspace_price", "flat", "price_book", "unpriced"]
PricingMode = Literal["flat", "tokens"]

REQUEST: Final = "request"
BOOK_CURRENCY: Final = "USD"
NO_TOKENS: Final = Tokens.of_parts(0, 0)
MAX_WORKSPACE_PRICES: Final = 500
"""A workspace's own prices are read with every request, so their item has to stay small."""


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
    """What a workspace charges. `request_picos` is the flat price, `credit_value_picos` one credit's.

    `exchange_rate_picos` is 10⁻¹² of `currency` for one US dollar; None where it was never set. `book` is
    only called for a token price that the workspace has none of its own for.
    """

    mode: PricingMode
    request_picos: int
    credit_value_picos: int
    prices: tuple[WorkspacePrice, ...] = ()
    currency: str = BOOK_CURRENCY
    exchange_rate_picos: int | None = None
    book: Callable[[], PriceBook] = price_book


@dataclass(frozen=True, slots=True)
class Charged:
    """One usage log as pricing sees it. `provider` is who serves the model."""

    service: str
    provider: str
    model: str | None
    tokens: Tokens | None
    failed: bool
    at_ms: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a receipt: `quantity` of `item`, each at `rate_picos`."""

    item: str
    quantity: int
    rate_picos: int


@dataclass(frozen=True, slots=True)
class BookReceipt:
    """What of the price book a receipt rests on.

    `matched` is the vendor and the model whose price it is. `exchange_rate_picos` is 10⁻¹² of the
    currency for the dollar that the rates are in; None where the currency is the dollar.
    """

    version: str
    matched: tuple[str, str]
    exchange_rate_picos: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a figure came about. `recompute` gives the figure again.

    `stated_cost_picos` and `stated_credits` are there when the caller stated them, `book` when the
    price book was used: the rates are dollars then.
    """

    basis: Basis
    lines: tuple[Line, ...]
    credit_value_picos: int
    stated_cost_picos: int | None = None
    stated_credits: int | None = None
    book: BookReceipt | None = None

    @property
    def sum_picos(self) -> int:
        """What the lines come to, before any exchange."""
        return sum(line.quantity * line.rate_picos for line in self.lines)

    @property
    def computed(self) -> bool:
        """Whether any figure was computed here, not stated by the caller."""
        return self.stated_cost_picos is None or self.stated_credits is None

    def recompute(self) -> tuple[int, int]:
        """`(cost_picos, credits)` by the arithmetic the receipt states."""
        cost = self.stated_cost_picos
        if cost is None:
            cost = self.sum_picos
            if self.book is not None and self.book.exchange_rate_picos is not None:
                cost = converted(cost, self.book.exchange_rate_picos)
        if self.stated_credits is not None:
            return cost, self.stated_credits
        return cost, credits_for(cost, self.credit_value_picos)


def price(
    terms: PricingTerms, usage: Charged, *, cost_picos: int | None, credits: int | None
) -> Receipt:
    """The receipt of one usage log. `cost_picos` and `credits` are what the caller stated."""
    if cost_picos is not None:
        return Receipt("stated", (), terms.credit_value_picos, cost_picos, credits)
    basis, lines, book = _computed(terms, usage)
    return Receipt(basis, lines, terms.credit_value_picos, None, credits, book)


Computed = tuple[Basis, tuple[Line, ...], BookReceipt | None]
UNPRICED: Final[Computed] = ("unpriced", (), None)


def _computed(terms: PricingTerms, usage: Charged) -> Computed:
    own = price_in_force(terms.prices, usage.service, usage.model, usage.at_ms)
    if own is not None and own.request_picos is not None:
        return "workspace_price", _flat(own.request_picos, usage.failed), None
    if own is not None and own.rates is not None:
        lines = _by_token(own.rates.parts, usage.tokens, usage.failed)
        return UNPRICED if lines is None else ("workspace_price", lines, None)
    if terms.mode == "flat":
        return "flat", _flat(terms.request_picos, usage.failed), None
    return _by_book(terms, usage)


def _by_book(terms: PricingTerms, usage: Charged) -> Computed:
    dollars = terms.currency == BOOK_CURRENCY
    if usage.model is None or not (dollars or terms.exchange_rate_picos):
        return UNPRICED
    book = terms.book()
    found = book.find(usage.provider, usage.model, usage.at_ms)
    if found is None:
        return UNPRICED
    input_tokens = 0 if usage.tokens is None else usage.tokens.input or 0
    lines = _by_token(found.rates.at(input_tokens), usage.tokens, usage.failed)
    if lines is None:
        return UNPRICED
    exchange = None if dollars else terms.exchange_rate_picos
    matched = BookReceipt(book.version, (found.vendor, found.model), exchange)
    return "price_book", lines, matched


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


def _by_token(rates: PartRates, tokens: Tokens | None, failed: bool) -> tuple[Line, ...] | None:
    """Lines of the parts that are there; None when the parts or a rate for them are not known.

    A failed call is charged what it reports: without tokens, none.
    """
    if tokens is None and failed:
        tokens = NO_TOKENS
    if tokens is None or tokens.input is None:
        return None
    parts = (
        ("input", tokens.fresh_input, rates.input),
        ("cachedInput", tokens.cached_input, rates.cached_input),
        ("cacheWrite", tokens.cache_write, rates.cache_write),
        ("output", tokens.plain_output, rates.output),
        ("reasoning", tokens.reasoning, rates.reasoning),
        (REQUEST, 0 if failed or rates.request is None else 1, rates.request),
    )
    priced = [Line(item, quantity, rate) for item, quantity, rate in parts if rate is not None]
    if not priced or any(quantity and rate is None for _, quantity, rate in parts):
        return None
    return tuple(line for line in priced if line.quantity) or (priced[0],)
