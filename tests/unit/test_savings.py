"""Proposals to save (REP-2): nothing invented, and every figure can be worked out again from its basis."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.alternatives import alternatives, version_of
from shared.domain.digests import sums_of
from shared.domain.price_book import BookPrice, PriceBook, price_book
from shared.domain.pricing import WorkspacePrice
from shared.domain.rates import TieredRates, TokenRates
from shared.domain.savings import (
    FailedRequests,
    Prices,
    Saving,
    Traffic,
    Use,
    savings_of,
    total_of,
)
from shared.domain.sums import Sums
from shared.domain.tokens import Tokens
from shared.domain.usage import UsageLog
from tests.fakes.clock import START_MS
from tests.usage import usage_log

BOOK: Final = PriceBook(
    {
        "version": "test-1",
        "vendors": {
            "maker": {
                "owns": "^gpt",
                "also": [],
                "models": [
                    ["gpt-4", "medium", "=gpt-4", [[None, [30_000, 60_000]]]],
                    ["gpt-5", "medium", "=gpt-5", [[None, [10_000, 40_000, 1_000, 12_500]]]],
                    ["gpt-5-mini", "small", "=gpt-5-mini", [[None, [1_000, 4_000]]]],
                    ["gpt-6", "medium", "=gpt-6", [[None, [[2_000, 500, 20_000], 40_000, 200]]]],
                    ["gpt-6-audio", "medium", "=gpt-6-audio", [[None, [1, 1]]]],
                ],
            },
        },
    }
)
GPT4: Final = Use("chat", "maker", "gpt-4")
PRODUCT: Final = re.compile(r"(\d+) [a-zA-Z]+ × ([0-9.]+)")


def prices(**changes: Any) -> Prices:
    return replace(Prices(BOOK, (), "USD", None, START_MS), **changes)


def traffic(*logs: UsageLog) -> dict[Use, Traffic]:
    """Logs of one day as their cells have them."""
    found: dict[Use, Traffic] = {}
    for log in logs:
        use = Use(log.service, log.provider, log.model)
        one = found.get(use, Traffic(Sums(), 0))
        sums = Sums().add(one.sums).add(sums_of(log))
        found[use] = Traffic(sums, sums.input)
    return found


def call(number: int = 0, tokens: Tokens | None = None, **members: Any) -> UsageLog:
    plain = {"service": "chat", "provider": "maker", "model": "gpt-4"}
    tokens = Tokens.of_parts(1000, 100) if tokens is None else tokens
    return usage_log(number, tokens=tokens, **plain | members)


def found(
    logs: Sequence[UsageLog], others: Sequence[UsageLog] = (), **changes: Any
) -> dict[str, Saving]:
    """The proposals for some logs by kind, beside other logs of the workspace."""
    own = traffic(*logs)
    rows = savings_of(own, traffic(*logs, *others), prices(**changes))
    assert len({row.kind for row in rows}) == len(rows)
    return {row.kind: row for row in rows}


def equations(basis: str) -> Iterator[tuple[Fraction, Fraction]]:
    """Both sides of every product sum and difference in a basis."""
    for text in re.split(r"[:(;]|\. ", basis):
        left, equals, right = text.rpartition(" = ")
        if not equals:
            continue
        shown = Fraction(right.split()[0].rstrip("."))
        products = PRODUCT.findall(left)
        if products:
            yield sum((int(n) * Fraction(rate) for n, rate in products), Fraction(0)), shown
        elif " − " in left:
            first, second = left.strip().split(" − ")
            yield Fraction(first) - Fraction(second), shown


def test_the_cheapest_that_could_stand_in_is_proposed_with_its_arithmetic() -> None:
    rows = found([call(n, cost_picos=36_000_000) for n in range(10)])

    saving = rows["cheaper_model"]
    assert "gpt-5" in saving.proposal
    assert (saving.current, saving.proposed) == (360_000_000, 10 * (1000 * 10_000 + 100 * 40_000))
    assert saving.basis == (
        "Same tokens with gpt-5: 10000 input × 0.00000001 + 1000 output × 0.00000004 = 0.00014"
        " (price book test-1, maker/gpt-5). Recorded cost less that: 0.00036 − 0.00014 = 0.00022."
    )


def test_steps_of_a_rate_are_taken_at_the_largest_request_there_can_have_been() -> None:
    """gpt-6 is cheaper up to 500 input tokens: nobody can tell from sums that requests were no larger."""
    small = [call(0, Tokens.of_parts(400, 0), cost_picos=12_000_000)]
    many = [call(n, Tokens.of_parts(400, 0), cost_picos=12_000_000) for n in range(2)]

    assert found(small)["cheaper_model"].proposed == 400 * 2_000
    assert found(many)["cheaper_model"].proposed == 800 * 10_000


def test_cached_tokens_are_priced_as_cached() -> None:
    tokens = Tokens.of_parts(1000, 0, cached_input=600, cache_write=300)

    saving = found([call(0, tokens, cost_picos=30_000_000)])["cheaper_model"]

    assert saving.proposed == 100 * 10_000 + 600 * 1_000 + 300 * 12_500


@pytest.mark.parametrize(
    "changes",
    [
        {"model": None},
        {"model": "unheard-of"},
        {"model": "gpt-6-audio"},
        {"model": "gpt-5", "cost_picos": 10},
        {"tokens": Tokens(1100)},
        {"cost_picos": 0},
    ],
)
def test_without_proof_nothing_is_proposed(changes: dict[str, Any]) -> None:
    log = call(**{"cost_picos": 36_000_000} | changes)

    assert savings_of(traffic(log), traffic(log), prices()) == []


def test_a_flat_price_for_each_request_is_no_price_of_a_model() -> None:
    sums = Sums(requests=10, input=10_000, output=1_000, total=11_000, cost=50_000_000_000)
    flat = {GPT4: Traffic(sums, 10_000)}

    assert savings_of(flat, flat, prices()) == []


def test_a_workspace_s_own_price_goes_before_the_book() -> None:
    own = WorkspacePrice("chat", "gpt-5", 0, rates=TokenRates(1, 1))
    flat = WorkspacePrice("chat", "gpt-5", 0, request_picos=1)

    cheaper = found([call(cost_picos=36_000_000)], own=(own,))["cheaper_model"]
    assert cheaper.proposed == 1100
    assert "the workspace's own price" in cheaper.basis
    other = found([call(cost_picos=36_000_000)], own=(flat,))["cheaper_model"]
    assert other.proposed == 1000 * 20_000 + 100 * 40_000


def test_another_currency_takes_its_exchange_rate_or_proposes_nothing() -> None:
    logs = [call(cost_picos=36_000_000)]

    saving = found(logs, currency="EUR", exchange_rate_picos=500_000_000_000)["cheaper_model"]

    assert saving.proposed == 7_000_000
    assert "= 0.000014 USD; × 0.5 = 0.000007 EUR" in saving.basis
    assert found(logs, currency="EUR") == {}


def test_failures_that_were_paid_for_are_waste() -> None:
    logs = [
        call(0, cost_picos=36_000_000, model=None, tokens=None),
        call(1, cost_picos=4_000_000, model=None, failed=True),
        call(2, cost_picos=0, model=None, failed=True),
    ]

    saving = found(logs)["failed_requests"]

    assert (saving.current, saving.saving, saving.proposed) == (4_000_000, 4_000_000, 0)
    assert saving.proposal.startswith("Keep 2 of 3 requests from failing")
    assert "0.000004 − 0 = 0.000004" in saving.basis


def test_failures_that_cost_nothing_are_none() -> None:
    assert "failed_requests" not in found([call(0, cost_picos=0, failed=True)])


CACHING: Final = [
    call(50, Tokens.of_parts(1000, 10, cached_input=500, cache_write=100), service="docs",
         model="gpt-5", cost_picos=1),
]  # fmt: skip


def test_a_cache_is_proposed_where_another_service_of_the_workspace_fills_one() -> None:
    logs = [call(0, Tokens.of_parts(2001, 10), model="gpt-5", cost_picos=20_410_000)]

    saving = found(logs, CACHING)["cached_input"]

    before = 2001 * 10_000 + 10 * 40_000
    after = 800 * 10_000 + 1000 * 1_000 + 201 * 12_500 + 10 * 40_000
    assert saving.saving == before - after
    assert saving.current == 20_410_000
    assert saving.proposal == "Cache prompts as docs does with gpt-5."
    assert "docs reads 500 of 1000 input tokens (0.5) from the cache and writes 100" in saving.basis


@pytest.mark.parametrize(
    "others",
    [
        [],
        [replace(CACHING[0], service="chat")],
        [replace(CACHING[0], provider="nobody", model="else")],
        [replace(CACHING[0], tokens=Tokens.of_parts(1000, 10, cached_input=1, cache_write=999))],
    ],
)
def test_no_cache_is_proposed_that_nobody_fills_or_that_does_not_pay(
    others: list[UsageLog],
) -> None:
    logs = [call(0, Tokens.of_parts(2001, 10), model="gpt-5", cost_picos=20_410_000)]

    assert "cached_input" not in found(logs, others)


def test_the_same_model_is_the_better_example_than_another_of_the_vendor() -> None:
    other = call(51, Tokens.of_parts(10, 0, cached_input=9), service="code", model="gpt-6")
    logs = [call(0, Tokens.of_parts(2001, 10), model="gpt-5", cost_picos=20_410_000)]

    assert "as docs does" in found(logs, [*CACHING, other])["cached_input"].proposal


def test_of_each_traffic_only_the_largest_saving_is_in_the_total() -> None:
    use, other = GPT4, Use("code", "maker", "gpt-4")
    rows = [
        Saving(use, FailedRequests(1, 2, 100), 100, 60),
        Saving(use, FailedRequests(1, 2, 100), 100, 70),
        Saving(use, FailedRequests(1, 2, 5), 5, 5),
        Saving(other, FailedRequests(1, 2, 7), 7, 7),
    ]

    assert total_of(rows) == (107, 77)
    assert total_of([]) == (0, 0)


@st.composite
def logs_of_chat(draw: st.DrawFn) -> list[UsageLog]:
    def one(number: int) -> UsageLog:
        given, output = draw(st.integers(0, 3000)), draw(st.integers(0, 3000))
        cached = draw(st.integers(0, given))
        parts = Tokens.of_parts(
            given,
            output,
            cached,
            draw(st.integers(0, given - cached)),
            draw(st.integers(0, output)),
        )
        return call(
            number,
            draw(st.sampled_from((parts, parts, Tokens(given)))),
            service=draw(st.sampled_from(("chat", "docs"))),
            model=draw(st.sampled_from(("gpt-4", "gpt-5", "gpt-6", "gpt-5-mini"))),
            cost_picos=draw(st.integers(0, 10**9)),
            failed=draw(st.booleans()),
        )

    return [one(number) for number in range(draw(st.integers(1, 12)))]


def naive(logs: Sequence[UsageLog], rates: TieredRates) -> int:
    """What calls would have cost, each priced by itself."""

    def of(tokens: Tokens) -> int:
        assert tokens.input is not None
        assert tokens.output is not None
        at = rates.at(tokens.input)
        fresh = tokens.input - tokens.cached_input - tokens.cache_write
        pairs: list[tuple[int, int | None]] = [
            (fresh, at.input),
            (tokens.cached_input, at.cached_input),
            (tokens.cache_write, at.cache_write),
            (tokens.output - tokens.reasoning, at.output),
            (tokens.reasoning, at.reasoning),
        ]
        return sum(count * (rate or 0) for count, rate in pairs)

    return sum(of(log.tokens) for log in logs if log.tokens and log.tokens.input is not None)


@given(logs_of_chat())
def test_every_saving_is_in_the_logs_and_every_basis_adds_up(logs: list[UsageLog]) -> None:
    """Call by call, the proposed model costs no more than the row says: a saving is never overstated."""
    own = traffic(*logs)
    rows = savings_of(own, own, prices())

    assert [row.saving for row in rows] == sorted((row.saving for row in rows), reverse=True)
    for row in rows:
        mine = [log for log in logs if Use(log.service, log.provider, log.model) == row.use]
        by_tokens = [log for log in mine if log.tokens and log.tokens.input is not None]
        assert 0 < row.saving <= row.current
        assert row.current - row.saving == row.proposed
        if row.kind == "failed_requests":
            assert row.current == sum(log.cost_picos for log in mine if log.failed)
            assert row.proposed == 0
        else:
            assert row.current == sum(log.cost_picos for log in by_tokens)
        if row.kind == "cheaper_model":
            name = row.proposal.split()[1]
            model = next(m for m in BOOK.models("maker", START_MS) if m.model == name)
            assert naive(mine, model.rates) <= row.proposed
            steps = model.rates.input is not None and model.rates.input.steps
            assert steps or naive(mine, model.rates) == row.proposed
        shown = list(equations(row.basis))
        assert shown, row.basis
        assert all(left == right for left, right in shown), row.basis
        assert Fraction(row.saving, 10**12) in {right for _, right in shown}
    current, saving = total_of(rows)
    assert saving <= current <= sum(row.current for row in rows)
    assert saving <= sum(log.cost_picos for log in logs)


KNOWN: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("openai", "gpt-4o"): ("gpt-4.1", "gpt-5"),
    ("openai", "gpt-4o-mini"): ("gpt-4.1-nano", "gpt-5-nano"),
    ("anthropic", "claude-opus-4-1"): ("claude-opus-4-5",),
    ("anthropic", "claude-3-5-sonnet"): ("claude-sonnet-4-5",),
}


@pytest.mark.parametrize(("model", "expected"), KNOWN.items())
def test_alternatives_in_the_book_are_of_the_same_class_and_family_and_not_older(
    model: tuple[str, str], expected: tuple[str, ...]
) -> None:
    book = price_book()
    price = book.find(*model, START_MS)
    assert price is not None

    names = {other.model for other in alternatives(price, book.models(price.vendor, START_MS))}

    assert names >= set(expected)
    assert price.model not in names
    assert not any(word in name for name in names for word in ("codex", "audio", "embed", "ft:"))
    assert all(version_of(name) >= version_of(price.model) for name in names)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("gpt-4o", (4, 0)),
        ("gpt-4.1-mini", (4, 1)),
        ("gpt-4-32k", (4, 0)),
        ("claude-opus-4-1", (4, 1)),
        ("claude-3-5-haiku-latest", (3, 5)),
        ("claude-sonnet-4-20250514", (4, 0)),
        ("o3-mini", (3, 0)),
        ("gemini-2.0-flash", (2, 0)),
        ("mistral-large-2512", (0, 0)),
        ("gpt-oss-120b", (0, 0)),
        ("ministral-8b", (0, 0)),
        ("deepseek-chat", (0, 0)),
    ],
)
def test_a_version_is_read_from_a_name(name: str, version: tuple[int, int]) -> None:
    assert version_of(name) == version


def test_embeddings_have_no_alternatives() -> None:
    rates = TieredRates()
    one, other = (BookPrice("v", f"embed-{n}", "embedding", rates) for n in (1, 2))

    assert list(alternatives(one, [one, other])) == []
