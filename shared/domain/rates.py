"""Rates: picos for one token of each kind, and how they step up with the size of a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartRates:
    """What one token of each part of a request costs, in picos; None where nothing says so.

    `request` is a fee for each success, beside the tokens.
    """

    input: int | None
    output: int | None
    cached_input: int | None
    cache_write: int | None
    reasoning: int | None
    request: int | None = None


@dataclass(frozen=True, slots=True)
class TokenRates:
    """Picos for one token. A part without a rate of its own is charged as what it is part of."""

    input: int
    output: int
    cached_input: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None

    @property
    def parts(self) -> PartRates:
        """The rate of every part."""
        return PartRates(
            self.input,
            self.output,
            self.input if self.cached_input is None else self.cached_input,
            self.input if self.cache_write is None else self.cache_write,
            self.output if self.reasoning is None else self.reasoning,
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """Picos for one token. `steps` are `(above, picos)` in ascending order.

    A request with more than `above` input tokens pays the step's rate for **all** its tokens, as vendors
    do it: the whole request moves, not just the tokens beyond.
    """

    base: int
    steps: tuple[tuple[int, int], ...] = ()

    def at(self, input_tokens: int) -> int:
        """The rate of a request with so many input tokens, cached ones included."""
        reached = (picos for above, picos in reversed(self.steps) if input_tokens > above)
        return next(reached, self.base)


@dataclass(frozen=True, slots=True)
class TieredRates:
    """A model's rates before the size of the request is known; `request` as in `PartRates`.

    An embedding model has no rate of output; a part without one is charged as what it is part of.
    """

    input: Rate | None = None
    output: Rate | None = None
    cached_input: Rate | None = None
    cache_write: Rate | None = None
    reasoning: Rate | None = None
    request: Rate | None = None

    def at(self, input_tokens: int) -> PartRates:
        """The rates of a request with so many input tokens, cached ones included."""
        parts = (
            self.input,
            self.output,
            self.cached_input or self.input,
            self.cache_write or self.input,
            self.reasoning or self.output,
            self.request,
        )
        return PartRates(*(None if rate is None else rate.at(input_tokens) for rate in parts))
