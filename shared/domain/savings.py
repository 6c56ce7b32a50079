"""What the same traffic could have cost, with the arithmetic. Pure; nothing is estimated or made up.

A proposal is made only where recorded figures prove it: the cost of logs whose price followed their tokens,
token counts, prices in force, and what the workspace itself reaches elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final, Literal, NamedTuple

from shared.domain.alternatives import alternatives
from shared.domain.bills import Bill, Split, bill
from shared.domain.money import money, ratio
from shared.domain.price_book import BookPrice, PriceBook
from shared.domain.pricing import WorkspacePrice, price_in_force
from shared.domain.sums import Sums

Kind = Literal["cheaper_model", "cached_input", "failed_requests"]

USD: Final = "USD"
SHARE_PLACES: Final = 6


class Use(NamedTuple):
    """Who uses which model of whom; None for what is no model call."""

    service: str
    provider: str
    model: str | None


@dataclass(frozen=True, slots=True)
class Traffic:
    """The figures of one use. No single request had more than `largest` input tokens."""

    sums: Sums
    largest: int


@dataclass(frozen=True, slots=True)
class Cache:
    """How much of its input a use reads from a cache."""

    use: Use
    vendor: str
    model: str
    sums: Sums

    @property
    def share(self) -> Fraction:
        """The part that is read from the cache."""
        return Fraction(self.sums.cached_input, self.sums.input)


class Source(NamedTuple):
    """Whose price it is, by the book's names; a workspace's own price has none."""

    version: str
    vendor: str
    model: str


def _named(source: Source | None) -> str:
    if source is None:
        return "the workspace's own price"
    return f"price book {source.version}, {source.vendor}/{source.model}"


class Priced(NamedTuple):
    """A bill, and whose prices it has."""

    bill: Bill
    source: Source | None


@dataclass(frozen=True, slots=True)
class CheaperModel:
    """The same tokens with another model."""

    kind: ClassVar[Kind] = "cheaper_model"
    model: str
    instead: Priced

    def proposal(self, use: Use) -> str:
        """What to do."""
        return f"Use {self.model} instead of {use.model}: same vendor and class."

    @property
    def basis(self) -> str:
        """What the proposed cost is made of."""
        billed, source = self.instead
        return f"Same tokens with {self.model}: {billed.text} ({_named(source)})."


@dataclass(frozen=True, slots=True)
class FailedRequests:
    """Requests that failed and cost something."""

    kind: ClassVar[Kind] = "failed_requests"
    errors: int
    requests: int
    cost: int

    def proposal(self, _use: Use) -> str:
        """What to do."""
        return f"Keep {self.errors} of {self.requests} requests from failing: they were paid for."

    @property
    def basis(self) -> str:
        """What the cost is made of."""
        return f"{self.errors} failed requests cost {money(self.cost)}."


@dataclass(frozen=True, slots=True)
class CachedInput:
    """As much of the input from a cache as another service reads from one."""

    kind: ClassVar[Kind] = "cached_input"
    like: Cache
    now: Bill
    then: Priced

    def proposal(self, _use: Use) -> str:
        """What to do."""
        return f"Cache prompts as {self.like.use.service} does with {self.like.use.model}."

    @property
    def basis(self) -> str:
        """What the saving is made of."""
        sums, (after, source) = self.like.sums, self.then
        share = ratio(sums.cached_input, sums.input, SHARE_PLACES)
        return (
            f"{self.like.use.service} reads {sums.cached_input} of {sums.input} input tokens"
            f" ({share}) from the cache and writes {sums.cache_write}, in {sums.requests}"
            f" requests. As now: {self.now.text}. With the same shares: {after.text}"
            f" ({_named(source)}). Saved: {_minus(self.now.cost, after.cost)}."
        )


@dataclass(frozen=True, slots=True)
class Saving:
    """One proposal. `current` is what the traffic it is about cost, `saving` a part of it, in picos."""

    use: Use
    grounds: CheaperModel | CachedInput | FailedRequests
    current: int
    saving: int

    @property
    def kind(self) -> Kind:
        """What is proposed."""
        return self.grounds.kind

    @property
    def proposed(self) -> int:
        """What the same traffic would have cost."""
        return self.current - self.saving

    @property
    def proposal(self) -> str:
        """What to do, in words."""
        return self.grounds.proposal(self.use)

    @property
    def basis(self) -> str:
        """The arithmetic, in words."""
        difference = f"Recorded cost less that: {_minus(self.current, self.proposed)}."
        return f"{self.grounds.basis} {difference}"


@dataclass(frozen=True, slots=True)
class Prices:
    """What tokens cost a workspace at a moment: its own prices before those of the book.

    The book's are US dollars: in another currency they count where there is an exchange rate.
    """

    book: PriceBook
    own: tuple[WorkspacePrice, ...]
    currency: str
    exchange_rate_picos: int | None
    at_ms: int

    def find(self, use: Use) -> BookPrice | None:
        """The model as the book knows it."""
        if use.model is None:
            return None
        return self.book.find(use.provider, use.model, self.at_ms)

    def bill(
        self, service: str, model: str, found: BookPrice, split: Split, largest: int
    ) -> Priced | None:
        """What tokens cost with a model; None where a price of a part is not known.

        Rates that step up with the size of a request are taken at the largest there can have been.
        """
        own = price_in_force(self.own, service, model, self.at_ms)
        if own is not None:
            billed = None if own.rates is None else bill(split, own.rates.parts)
            return None if billed is None else Priced(billed, None)
        exchange = None
        if self.currency != USD:
            if self.exchange_rate_picos is None:
                return None
            exchange = (self.currency, self.exchange_rate_picos)
        billed = bill(split, found.rates.at(largest), exchange)
        source = Source(self.book.version, found.vendor, found.model)
        return None if billed is None else Priced(billed, source)


def savings_of(
    traffic: Mapping[Use, Traffic], everywhere: Mapping[Use, Traffic], prices: Prices
) -> list[Saving]:
    """All proposals for some traffic, the largest saving first.

    `everywhere` is all traffic of the workspace in the same days, for what it reaches elsewhere.
    """
    caches = list(_caches(everywhere, prices))
    found = [
        saving
        for use, one in traffic.items()
        for saving in (
            _cheaper_model(use, one, prices),
            _cached_input(use, one, caches, prices),
            _failed_requests(use, one),
        )
        if saving is not None
    ]
    return sorted(found, key=lambda saving: (-saving.saving, saving.kind, str(saving.use)))


def total_of(savings: Iterable[Saving]) -> tuple[int, int]:
    """`(current, saving)` in picos when of each use only the largest saving is taken.

    Proposals for the same traffic exclude each other, at least in part: their savings do not add up.
    """
    best: dict[Use, Saving] = {}
    for saving in savings:
        if saving.use not in best or saving.saving > best[saving.use].saving:
            best[saving.use] = saving
    return sum(s.current for s in best.values()), sum(s.saving for s in best.values())


def _cheaper_model(use: Use, traffic: Traffic, prices: Prices) -> Saving | None:
    """The same tokens with the model that is cheapest for them, among those that could stand in."""
    current, split = traffic.sums.token_cost, Split.of(traffic.sums)
    model = prices.find(use)
    if model is None or not current:
        return None
    priced = {
        other.model: found
        for other in alternatives(model, prices.book.models(model.vendor, prices.at_ms))
        for found in (prices.bill(use.service, other.model, other, split, traffic.largest),)
        if found is not None and found.bill.cost < current
    }
    if not priced:
        return None
    name = min(priced, key=lambda name: (priced[name].bill.cost, name))
    cheapest = priced[name]
    return Saving(use, CheaperModel(name, cheapest), current, current - cheapest.bill.cost)


def _failed_requests(use: Use, traffic: Traffic) -> Saving | None:
    """What failures cost."""
    sums = traffic.sums
    if sums.failed_cost <= 0:
        return None
    failed = FailedRequests(sums.errors, sums.requests, sums.failed_cost)
    return Saving(use, failed, sums.failed_cost, sums.failed_cost)


def _caches(everywhere: Mapping[Use, Traffic], prices: Prices) -> Iterator[Cache]:
    """The uses that read from a cache, with their models as the book knows them."""
    for use, traffic in everywhere.items():
        found = prices.find(use) if traffic.sums.cached_input else None
        if found is not None:
            yield Cache(use, found.vendor, found.model, traffic.sums)


def _cached_input(
    use: Use, traffic: Traffic, caches: Iterable[Cache], prices: Prices
) -> Saving | None:
    """The same tokens, with as much from a cache as another service reads with the model or vendor.

    Tokens are moved at the lowest step of the model's own rates, where caching saves least.
    """
    sums, current, model = traffic.sums, traffic.sums.token_cost, prices.find(use)
    if model is None or use.model is None or not current or not sums.input:
        return None
    others = [c for c in caches if c.use.service != use.service and c.vendor == model.vendor]
    same = [cache for cache in others if cache.model == model.model]
    best = max(same or others, key=lambda cache: (cache.share, cache.sums.input), default=None)
    if best is None or best.share <= Fraction(sums.cached_input, sums.input):
        return None
    split = Split.of(sums)
    moved = split.cached(
        sums.input * best.sums.cached_input // best.sums.input,
        -(-sums.input * best.sums.cache_write // best.sums.input),
    )
    before, after = (prices.bill(use.service, use.model, model, s, 0) for s in (split, moved))
    if (
        moved.input < 0
        or before is None
        or after is None
        or not 0 < before.bill.cost - after.bill.cost <= current
    ):
        return None
    saving = before.bill.cost - after.bill.cost
    return Saving(use, CachedInput(best, before.bill, after), current, saving)


def _minus(first: int, second: int) -> str:
    return f"{money(first)} − {money(second)} = {money(first - second)}"
