"""The usage of one local day, drawn from the day and the seed alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import log
from random import Random
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from local.seed.catalogue import OFFERS, SERVICES, Offer, stated_picos
from local.seed.people import KINDS, PEOPLE, PLATFORMS, TRAVELLED_TO, Person
from shared.domain.calendar import hour_start_ms, utc_text
from shared.domain.money import money
from shared.domain.pricing import Charged, PricingTerms, price
from shared.domain.tokens import Tokens

SEED: Final = 20261

HOURS_OF_WORK: Final = (
    *(1, 1, 1, 1, 1, 2, 5, 14, 34, 66, 100, 104),
    *(92, 86, 98, 102, 82, 50, 30, 21, 16, 12, 8, 4),
)
HOURS_OF_REST: Final = (
    *(3, 2, 1, 1, 1, 1, 2, 5, 10, 18, 26, 30),
    *(30, 29, 30, 31, 30, 29, 28, 27, 26, 20, 13, 7),
)
"""Weights of the 24 hours: workdays peak from 10 to 16, weekends are flat."""

WEEKDAYS: Final = (100, 106, 108, 104, 92, 30, 24)
"""Calls of a Monday, Tuesday … in percent of the volume."""

ERRORS_PER_MILLE: Final = 30
ERRORS: Final[Mapping[str, int]] = {
    "rate_limited": 34,
    "upstream_error": 26,
    "timeout": 20,
    "content_filter": 14,
    "stream_interrupted": 6,
}
TIMEOUT_MS: Final = 60_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

TRAVELLING_PER_CENT: Final = 6
METADATA_PER_CENT: Final = 25
MAX_INPUT: Final = 180_000
"""Below the 200,000 tokens from which some vendors charge more."""

MAX_OUTPUT: Final = 16_000
MAX_MINUTES: Final = 60

_OFFERS_OF: Final = {
    service: tuple(offer for offer in OFFERS if offer.service == service) for service in SERVICES
}
_WEIGHTS: Final = [person.weight for person in PEOPLE]

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Row:
    """One usage log to be. `stated_picos` is there where the reseller states the cost itself."""

    log_id: str
    person: Person
    offer: Offer
    at_ms: int
    tokens: Tokens | None
    stated_picos: int | None
    error: str | None
    response_ms: int
    response_bytes: int
    country: str
    platform: str
    request_id: str
    metadata: Mapping[str, object] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """As it is posted. Money is a `Figure`, so that it goes out exact."""
        optional: dict[str, object | None] = {
            "model": self.offer.model,
            "tokens": None if self.tokens is None else _tokens_body(self.tokens),
            "cost": None if self.stated_picos is None else money(self.stated_picos),
            "errorCode": self.error,
            "metadata": dict(self.metadata) or None,
        }
        return {
            "id": self.log_id,
            "userId": self.person.user_id,
            "service": self.offer.service,
            "provider": self.offer.provider,
            "status": "success" if self.error is None else "error",
            "responseTimeMs": self.response_ms,
            "responseBytes": self.response_bytes,
            "country": self.country,
            "platform": self.platform,
            "requestId": self.request_id,
            "occurredAt": utc_text(self.at_ms),
        } | {name: value for name, value in optional.items() if value is not None}

    def cost_and_credits(self, terms: PricingTerms) -> tuple[int, int]:
        """What it costs under the workspace's prices: picos, and credits."""
        offer, failed = self.offer, self.error is not None
        return price(
            terms,
            Charged(offer.service, offer.provider, offer.model, self.tokens, failed, self.at_ms),
            cost_picos=self.stated_picos,
            credits=None,
        ).recompute()


def rows_of(day: str, zone: ZoneInfo, volume: int) -> list[Row]:
    """The logs of a local day in order of time; `volume` is about how many a Monday has."""
    rng = Random(f"{SEED}:{day}:{volume}")  # noqa: S311 - it has to be repeatable, not secret
    weekday = date.fromisoformat(day).weekday()
    hours = HOURS_OF_REST if weekday >= 5 else HOURS_OF_WORK
    count = volume * WEEKDAYS[weekday] * rng.randrange(90, 111) // 10_000
    times = sorted(
        hour_start_ms(day, hour, zone) + rng.randrange(HOUR_MS)
        for hour in rng.choices(range(24), hours, k=count)
    )
    compact = day.replace("-", "")
    return [_row(rng, f"demo-{compact}-{n:04d}", at_ms) for n, at_ms in enumerate(times)]


def _row(rng: Random, log_id: str, at_ms: int) -> Row:
    person = rng.choices(PEOPLE, _WEIGHTS)[0]
    offers = _OFFERS_OF[_pick(rng, KINDS[person.kind])]
    offer = rng.choices(offers, [offer.weight for offer in offers])[0]
    error = _error(rng, offer)
    tokens, quantity = _tokens(rng, offer), None
    if offer.charge == "minutes":
        quantity = min(MAX_MINUTES, 1 + _about(rng, 4))
    elif offer.charge == "embedding" and tokens is not None:
        quantity = tokens.total
    output = offer.output if tokens is None else tokens.output or 0
    response_ms = _about(rng, offer.first_ms + offer.token_ms * output, 0.3)
    if error is not None:
        tokens, quantity = _failed_tokens(error, tokens), None
        response_ms = TIMEOUT_MS if error == "timeout" else min(response_ms, _about(rng, 320))
    travelling = rng.randrange(100) < TRAVELLING_PER_CENT
    metadata: dict[str, object] = {}
    if rng.randrange(100) < METADATA_PER_CENT:
        metadata["team"] = person.kind
        metadata["conversation"] = f"c-{rng.getrandbits(32):08x}"
    if quantity is not None and offer.charge == "minutes":
        metadata["minutes"] = quantity
    return Row(
        log_id,
        person,
        offer,
        at_ms,
        tokens,
        None if quantity is None else stated_picos(offer, quantity),
        error,
        response_ms,
        180 if error is not None else 350 + 5 * output,
        rng.choice(TRAVELLED_TO) if travelling else person.country,
        _pick(rng, PLATFORMS[person.kind]),
        f"req_{rng.getrandbits(64):016x}",
        metadata,
    )


def _tokens(rng: Random, offer: Offer) -> Tokens | None:
    if offer.charge == "embedding":
        return Tokens(min(MAX_INPUT, _about(rng, offer.input)))
    if offer.charge != "tokens":
        return None
    input = min(MAX_INPUT, _about(rng, offer.input))
    output = min(MAX_OUTPUT, _about(rng, offer.output))
    cached = input * _percent(rng, offer.cached) // 100
    written = (input - cached) * _percent(rng, offer.written) // 100
    reasoning = output * _percent(rng, offer.reasoning) // 100
    return Tokens.of_parts(input, output, cached, written, reasoning)


def _error(rng: Random, offer: Offer) -> str | None:
    if rng.randrange(1000) >= ERRORS_PER_MILLE:
        return None
    error = _pick(rng, ERRORS)
    if offer.charge != "tokens" and error in ("content_filter", "stream_interrupted"):
        return "upstream_error"
    return error


def _failed_tokens(error: str, tokens: Tokens | None) -> Tokens | None:
    """What a failed call reports: the prompt was read before it was filtered or timed out.

    A stream that broke off never told its parts: a plain total, which nothing can price.
    """
    if tokens is None or tokens.input is None:
        return None
    if error == "stream_interrupted":
        return Tokens(tokens.input)
    return Tokens.of_parts(tokens.input if error in ("timeout", "content_filter") else 0, 0)


def _about(rng: Random, median: int, sigma: float = 0.6) -> int:
    """A log-normal draw around a median; at least 1."""
    return max(1, round(rng.lognormvariate(log(max(1, median)), sigma)))


def _percent(rng: Random, mean: int) -> int:
    return min(100, max(0, mean + rng.randrange(-20, 21))) if mean else 0


def _pick(rng: Random, weights: Mapping[K, int]) -> K:
    return rng.choices(list(weights), list(weights.values()))[0]


def _tokens_body(tokens: Tokens) -> object:
    if tokens.input is None:
        return tokens.total
    parts = {
        "input": tokens.input,
        "output": tokens.output,
        "cachedInput": tokens.cached_input,
        "cacheWrite": tokens.cache_write,
        "reasoning": tokens.reasoning,
    }
    return {name: count for name, count in parts.items() if count or name in ("input", "output")}
