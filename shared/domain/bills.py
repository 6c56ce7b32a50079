"""What so many tokens cost at given rates, as a sum that can be read and worked out again. Pure."""

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


@dataclass(frozen=True, slots=True)
class Bill:
    """A cost in picos of the workspace's currency, and the sum in words: `3 input × 0.5 = 1.5`."""

    cost: int
    text: str
    source: str


def bill(
    split: Split, rates: PartRates, source: str, exchange: tuple[str, int] | None = None
) -> Bill | None:
    """The bill of tokens; None where a part that is there has no rate.

    `exchange` names the currency and 10⁻¹² of it for one US dollar, which the rates are in then.
    """
    parts = (
        ("input", split.input, rates.input),
        ("cachedInput", split.cached_input, rates.cached_input),
        ("cacheWrite", split.cache_write, rates.cache_write),
        ("output", split.output, rates.output),
        ("reasoning", split.reasoning, rates.reasoning),
        ("requests", split.requests if rates.request is not None else 0, rates.request),
    )
    cost, lines = 0, []
    for name, quantity, rate in parts:
        if not quantity:
            continue
        if rate is None:
            return None
        cost += quantity * rate
        lines.append(f"{quantity} {name} × {money(rate)}")
    text = f"{' + '.join(lines) or 'nothing'} = {money(cost)}"
    if exchange is None:
        return Bill(cost, text, source)
    currency, rate_picos = exchange
    exchanged = converted(cost, rate_picos)
    text += f" USD; × {money(rate_picos)} = {money(exchanged)} {currency}"
    return Bill(exchanged, text, source)
