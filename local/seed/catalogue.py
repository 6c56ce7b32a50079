"""What the demo workspace sells: services, their models, how calls of them look, and what they cost.

Model calls are charged by the price book. Where the reseller charges otherwise, the workspace has a price
of its own or the log states the cost: OpenAI's list price of a picture of medium quality is gpt-image-1's.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from shared.domain.calendar import parse_timestamp
from shared.domain.money import Figure, picos_of, picos_per_token
from shared.domain.pricing import PricingTerms, WorkspacePrice
from shared.domain.rates import TokenRates

ALWAYS: Final = "2025-01-01T00:00:00Z"
"""Long before the first log there can be."""

CREDIT_VALUE: Final = "0.001"

Charge = Literal["tokens", "embedding", "minutes", "request"]
"""How a call is charged: by its parts; by the reseller's own figure for a plain total of tokens, or
for minutes of audio; or by a flat price."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices of a million tokens, as decimal literals. In force from `since`."""

    input: str
    output: str
    cached_input: str | None = None
    cache_write: str | None = None
    since: str = ALWAYS

    def per_million(self) -> dict[str, Figure]:
        """As the body of a price has them."""
        named = {
            "input": self.input,
            "output": self.output,
            "cachedInput": self.cached_input,
            "cacheWrite": self.cache_write,
        }
        return {name: Figure(text) for name, text in named.items() if text is not None}

    def token_rates(self) -> TokenRates:
        """As the ledger counts with them."""
        cached, written = self.cached_input, self.cache_write
        return TokenRates(
            picos_per_token(Decimal(self.input)),
            picos_per_token(Decimal(self.output)),
            None if cached is None else picos_per_token(Decimal(cached)),
            None if written is None else picos_per_token(Decimal(written)),
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """A model in a service, and how calls of it look.

    `weight` is its share of the service's calls. `input` and `output` are median tokens, `cached`,
    `written` and `reasoning` mean percentages of their wholes. An answer takes about `first_ms` and
    `token_ms` for each output token. `price` is that of one request.
    """

    service: str
    provider: str
    model: str | None
    weight: int
    charge: Charge = "tokens"
    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0
    reasoning: int = 0
    first_ms: int = 400
    token_ms: int = 9
    rates: tuple[Rates, ...] = ()
    price: str | None = None


OFFERS: Final = (
    Offer("assistant", "openai", "gpt-5.4-mini", 50, input=1400, output=260, cached=45,
          reasoning=20, first_ms=450, token_ms=7),
    Offer("assistant", "anthropic", "claude-haiku-4-5", 30, input=1600, output=300, cached=40,
          written=8, first_ms=500, token_ms=8),
    Offer("assistant", "google", "gemini-3.5-flash-lite", 20, input=1200, output=220, cached=25,
          first_ms=300, token_ms=4),
    # Sold at the book's price until August 2026, and at half as much again since.
    Offer("code", "anthropic", "claude-sonnet-5", 70, input=21000, output=900, cached=78, written=9,
          first_ms=1100, token_ms=11,
          rates=(Rates("2", "10", "0.2", "2.5"),
                 Rates("3", "15", "0.3", "3.75", since="2026-09-01T00:00:00Z"))),
    Offer("code", "deepseek", "deepseek-v4-pro", 30, input=16000, output=1100, cached=60,
          reasoning=45, first_ms=1300, token_ms=13),
    Offer("documents", "google", "gemini-3.5-flash", 55, input=9000, output=700, cached=30,
          reasoning=30, first_ms=700, token_ms=6),
    Offer("documents", "mistral", "mistral-large-2512", 45, input=7000, output=600, cached=15,
          first_ms=650, token_ms=11),
    Offer("research", "openai", "gpt-5.5", 100, input=5200, output=1600, cached=35, reasoning=65,
          first_ms=2600, token_ms=11),
    Offer("search", "openai", "text-embedding-3-small", 100, "embedding", input=900, first_ms=120,
          price="0.02"),
    Offer("speech", "openai", "whisper-1", 100, "minutes", output=180, first_ms=1500, token_ms=20,
          price="0.006"),
    Offer("images", "openai", "gpt-image-1", 100, "request", first_ms=14000, price="0.042"),
    Offer("helpdesk", "helpdesk", None, 100, "request", output=90, first_ms=180, token_ms=2,
          price="0.005"),
)  # fmt: skip
"""`search` and `speech` state the `cost` of each log themselves: `price` is that of a million tokens
and of a minute."""

SERVICES: Final = tuple(dict.fromkeys(offer.service for offer in OFFERS))


def price_bodies() -> list[dict[str, object]]:
    """The bodies of the workspace's prices, for PUT /api/admin/prices."""
    bodies: list[dict[str, object]] = []
    for offer in OFFERS:
        named = {"service": offer.service, "model": offer.model}
        bodies += [
            named | {"effectiveFrom": rates.since, "perMillion": rates.per_million()}
            for rates in offer.rates
        ]
        if offer.charge == "request" and offer.price is not None:
            bodies.append(named | {"effectiveFrom": ALWAYS, "perRequest": Figure(offer.price)})
    return bodies


def pricing_terms() -> PricingTerms:
    """The same prices, as the ledger counts with them."""
    prices = [
        WorkspacePrice(
            offer.service, offer.model, parse_timestamp(rates.since), rates=rates.token_rates()
        )
        for offer in OFFERS
        for rates in offer.rates
    ]
    prices += [
        WorkspacePrice(offer.service, offer.model, parse_timestamp(ALWAYS), _picos(offer.price))
        for offer in OFFERS
        if offer.charge == "request" and offer.price is not None
    ]
    return PricingTerms("tokens", 0, _picos(CREDIT_VALUE), tuple(prices))


def stated_picos(offer: Offer, quantity: int) -> int:
    """The figure that the reseller states for so many tokens or minutes."""
    assert offer.price is not None
    price = Decimal(offer.price)
    each = picos_per_token(price) if offer.charge == "embedding" else picos_of(price)
    return each * quantity


def _picos(amount: str) -> int:
    return picos_of(Decimal(amount))
