"""Token parts lie inside one another and are counted once (REC-2)."""

from __future__ import annotations

import pytest
from hypothesis import given

from shared.domain.tokens import Tokens
from tests.strategies import parted_tokens


@given(parted_tokens)
def test_the_disjoint_parts_add_up_to_the_total(tokens: Tokens) -> None:
    """REC-2: nothing is billed twice."""
    parts = (
        tokens.fresh_input,
        tokens.cached_input,
        tokens.cache_write,
        tokens.plain_output,
        tokens.reasoning,
    )
    assert all(part >= 0 for part in parts)
    assert sum(parts) == tokens.total
    assert tokens.fresh_input + tokens.cached_input + tokens.cache_write == tokens.input
    assert tokens.plain_output + tokens.reasoning == tokens.output


def test_a_plain_total_has_no_parts() -> None:
    tokens = Tokens(100)
    assert (tokens.input, tokens.output, tokens.fresh_input, tokens.plain_output) == (
        None,
        None,
        0,
        0,
    )


@pytest.mark.parametrize(
    "parts",
    [
        {"total": 1, "input": 1},
        {"total": 1, "output": 1},
        {"total": 3, "input": 1, "output": 1},
        {"total": 2, "input": 1, "output": 1, "cached_input": 2},
        {"total": 3, "input": 2, "output": 1, "cached_input": 1, "cache_write": 2},
        {"total": 2, "input": 1, "output": 1, "reasoning": 2},
    ],
)
def test_parts_that_do_not_fit_can_not_be_made(parts: dict[str, int]) -> None:
    with pytest.raises(AssertionError):
        Tokens(**parts)
