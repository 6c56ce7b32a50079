"""Token counts and how their parts lie inside one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_TOKENS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call.

    `cached_input` and `cache_write` are parts of `input`, `reasoning` is a part of `output`, so nothing
    is counted twice: `total` = `input` + `output`. A plain total has no parts at all.
    """

    total: int
    input: int | None = None
    output: int | None = None
    cached_input: int = 0
    cache_write: int = 0
    reasoning: int = 0

    def __post_init__(self) -> None:
        if self.input is None or self.output is None:
            assert self.input is None
            assert self.output is None
            return
        assert self.total == self.input + self.output
        assert self.cached_input + self.cache_write <= self.input
        assert self.reasoning <= self.output

    @classmethod
    def of_parts(
        cls,
        input: int,
        output: int,
        cached_input: int = 0,
        cache_write: int = 0,
        reasoning: int = 0,
    ) -> Tokens:
        """Tokens whose parts are known."""
        return cls(input + output, input, output, cached_input, cache_write, reasoning)

    @property
    def fresh_input(self) -> int:
        """Input tokens at the plain input rate."""
        return (self.input or 0) - self.cached_input - self.cache_write

    @property
    def plain_output(self) -> int:
        """Output tokens that are not reasoning."""
        return (self.output or 0) - self.reasoning
