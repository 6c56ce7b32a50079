"""Whatever can come in, for tests of laws."""

from __future__ import annotations

from hypothesis import strategies as st

from shared.domain.money import MAX_MONEY
from shared.domain.pricing import PricingTerms, WorkspacePrice
from shared.domain.rates import TokenRates
from shared.domain.tokens import MAX_TOKENS, Tokens
from shared.domain.usage import Usage
from tests.factories import a_usage
from tests.fakes.clock import START_MS

DAY_MS = 86_400_000
SERVICES = ("chat", "images", "a/b")
MODELS = (None, "gpt-4o", "b/gpt")

counts = st.one_of(st.integers(0, 5000), st.integers(0, MAX_TOKENS // 2))
picos = st.one_of(st.integers(0, 10**13), st.integers(0, MAX_MONEY))
services = st.sampled_from(SERVICES)
models = st.sampled_from(MODELS)


@st.composite
def _parted(draw: st.DrawFn) -> Tokens:
    entered, given = draw(counts), draw(counts)
    cached = draw(st.integers(0, entered))
    written = draw(st.integers(0, entered - cached))
    return Tokens.of_parts(entered, given, cached, written, draw(st.integers(0, given)))


parted_tokens: st.SearchStrategy[Tokens] = _parted()
"""Tokens whose parts are known."""

tokens = st.one_of(st.none(), parted_tokens, st.builds(Tokens, counts))

token_rates = st.builds(
    TokenRates,
    input=st.integers(0, 10**9),
    output=st.integers(0, 10**9),
    cached_input=st.none() | st.integers(0, 10**9),
    cache_write=st.none() | st.integers(0, 10**9),
    reasoning=st.none() | st.integers(0, 10**9),
)
effective = st.integers(START_MS - 5 * DAY_MS, START_MS + 5 * DAY_MS)
workspace_prices = st.one_of(
    st.builds(WorkspacePrice, services, models, effective, request_picos=picos),
    st.builds(WorkspacePrice, services, models, effective, rates=token_rates),
)
pricing = st.builds(
    PricingTerms,
    mode=st.sampled_from(("flat", "tokens")),
    request_picos=picos,
    credit_value_picos=st.integers(1, 10**12),
    prices=st.lists(
        workspace_prices, max_size=4, unique_by=lambda p: (p.service, p.model, p.effective_ms)
    ).map(tuple),
    currency=st.sampled_from(("USD", "EUR")),
    exchange_rate_picos=st.none() | st.integers(1, MAX_MONEY),
)


@st.composite
def usages(
    draw: st.DrawFn, log_id: str = "log-1", occurred: st.SearchStrategy[int | None] | None = None
) -> Usage:
    """A usage row with this id; `occurred` are the instants it may have (default: now)."""
    return a_usage(
        log_id,
        service=draw(services),
        provider=draw(st.sampled_from(("openai", "chat"))),
        model=draw(models),
        tokens=draw(tokens),
        credits=draw(st.none() | st.integers(0, 2000)),
        cost_picos=draw(st.none() | st.integers(0, 10**13)),
        failed=draw(st.booleans()),
        response_time_ms=draw(st.none() | st.integers(0, 4_000_000)),
        response_bytes=draw(st.none() | st.integers(0, 10**7)),
        country=draw(st.sampled_from((None, "KR", "TH"))),
        platform=draw(st.sampled_from((None, "web", "ios"))),
        occurred_ms=draw(st.none() if occurred is None else occurred),
    )


@st.composite
def batches(
    draw: st.DrawFn,
    *,
    max_size: int = 8,
    prefix: str = "log",
    occurred: st.SearchStrategy[int | None] | None = None,
) -> list[Usage]:
    """Usage rows with ids of their own, `prefix-0`, `prefix-1`, …"""
    size = draw(st.integers(1, max_size))
    return [draw(usages(f"{prefix}-{number}", occurred)) for number in range(size)]
