"""What so many tokens cost at given rates, as a sum that can be shown, read and worked out again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

from shared.domain.money import converted, money
from shared.domain.rates import PartRates
from shared.domain.sums import Sums


class Split(NamedTuple):
    """Tokens by how they are charged, none of them twice, and how many requests succeeded."""

    input: int
    cached_input: int
    cache_write: int
    output: int
    reasoning: int
    requests: int

    @classmethod
    def of(cls, sums: Sums) -> Self:
        """The split of summed figures."""
        return cls(
            sums.input - sums.cached_input - sums.cache_write,
            sums.cached_input,
            sums.cache_write,
            sums.output - sums.reasoning,
            sums.reasoning,
            sums.requests - sums.errors,
        )

    def cached(self, cached_input: int, cache_write: int) -> Self:
        """The same tokens, so many of the input read from and written into a cache."""
        whole = self.input + self.cached_input + self.cache_write
        return self._replace(
            input=whole - cached_input - cache_write,
            cached_input=cached_input,
            cache_write=cache_write,
        )


class BillLine(NamedTuple):
    """One product of a bill; the rate is in picos, for a single token or request."""

    item: str
    quantity: int
    rate: int

    @property
    def cost(self) -> int:
        """The product, in picos."""
        return self.quantity * self.rate


@dataclass(frozen=True, slots=True)
class Bill:
    """A cost in picos of the workspace's currency, and the lines it is the sum of.

    `exchange` names the currency and 10⁻¹² of it for one US dollar, where the rates are in dollars.
    """

    lines: tuple[BillLine, ...]
    exchange: tuple[str, int] | None = None

    @property
    def cost(self) -> int:
        """The sum, exchanged."""
        return self._sum if self.exchange is None else converted(self._sum, self.exchange[1])

    @property
    def text(self) -> str:
        """The sum in words: `3 input × 0.5 = 1.5`."""
        terms = " + ".join(
            f"{line.quantity} {line.item} × {money(line.rate)}" for line in self.lines
        )
        text = f"{terms or 'nothing'} = {money(self._sum)}"
        if self.exchange is None:
            return text
        currency, rate = self.exchange
        return f"{text} USD; × {money(rate)} = {money(self.cost)} {currency}"

    @property
    def _sum(self) -> int:
        return sum(line.cost for line in self.lines)


def bill(split: Split, rates: PartRates, exchange: tuple[str, int] | None = None) -> Bill | None:
    """The bill of tokens; None where a part that is there has no rate."""
    parts = (
        ("input", split.input, rates.input),
        ("cachedInput", split.cached_input, rates.cached_input),
        ("cacheWrite", split.cache_write, rates.cache_write),
        ("output", split.output, rates.output),
        ("reasoning", split.reasoning, rates.reasoning),
        ("requests", split.requests if rates.request is not None else 0, rates.request),
    )
    lines = []
    for item, quantity, rate in parts:
        if not quantity:
            continue
        if rate is None:
            return None
        lines.append(BillLine(item, quantity, rate))
    return Bill(tuple(lines), exchange)
