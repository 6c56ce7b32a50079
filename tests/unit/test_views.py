"""Logs, transactions and accounts as the contract shows them."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from shared.domain.calendar import day_start_ms, zone_of
from shared.domain.journal import Paid
from shared.domain.ledger import Movement
from shared.domain.pricing import PricingTerms, WorkspacePrice
from shared.domain.rates import TokenRates
from shared.domain.tokens import Tokens
from shared.domain.usage import Usage
from shared.http import json
from shared.http.views.accounts import account_view, transaction_view
from shared.http.views.logs import receipt_view, usage_log_view
from tests.factories import ACCOUNT, a_head, a_ledger, a_log, a_purchase, a_usage, pricing_terms
from tests.fakes.clock import START_MS
from tests.strategies import pricing, usages

UTC = zone_of("UTC")


def shown(view: dict[str, object]) -> Any:
    """A view as a client reads it."""
    return json.parse(json.dump(view))


def priced(rates: TokenRates, row: Usage) -> Any:
    price = WorkspacePrice("chat", "gpt-4o", START_MS, rates=rates)
    (log,) = a_ledger(pricing=pricing_terms(prices=(price,))).use(row).logs
    return shown(receipt_view(log.receipt))


def test_a_log_is_shown_with_everything_known_of_it() -> None:
    """REC-1."""
    row = a_usage(
        tokens=Tokens.of_parts(10, 5, 3, 2, 1),
        failed=True,
        error_code="timeout",
        request_id="r-1",
        metadata='{"b":1.50,"a":[]}',
        credits=3,
    )
    view = shown(usage_log_view(a_log("log-1", **{k: getattr(row, k) for k in CHANGED}), "alice"))
    receipt = view.pop("receipt")
    assert view == {
        "id": "log-1",
        "workspaceId": "acme",
        "userId": "alice",
        "service": "chat",
        "provider": "chat",
        "model": "gpt-4o",
        "tokens": {
            "input": 10,
            "output": 5,
            "cachedInput": 3,
            "cacheWrite": 2,
            "reasoning": 1,
            "total": 15,
        },
        "credits": 3,
        "cost": 0,
        "currency": "USD",
        "unpriced": False,
        "status": "error",
        "errorCode": "timeout",
        "responseTimeMs": 250,
        "responseBytes": 4096,
        "country": "KR",
        "platform": "web",
        "requestId": "r-1",
        "metadata": {"b": json.parse(b"1.50"), "a": []},
        "occurredAt": "2026-11-20T09:30:00.000Z",
        "createdAt": "2026-11-20T09:30:00.000Z",
        "transactionId": f"tx_{ACCOUNT.removeprefix('acct_')}_1",
    }
    assert (receipt["basis"], receipt["creditsBasis"]) == ("flat", "stated")


CHANGED = ("tokens", "failed", "error_code", "request_id", "metadata", "credits")


def test_what_is_not_known_is_left_out() -> None:
    """Optional ones absent when unknown."""
    names = ("model", "tokens", "response_time_ms", "response_bytes", "country", "platform")
    unknown: dict[str, Any] = dict.fromkeys(names)
    view = shown(usage_log_view(a_log(**unknown), "alice"))
    assert set(view) == {
        *("id", "workspaceId", "userId", "service", "provider", "credits", "cost", "currency"),
        *("unpriced", "status", "occurredAt", "createdAt", "transactionId", "receipt"),
    }
    assert None not in view.values()


def test_a_log_of_a_total_only_shows_just_that() -> None:
    assert shown(usage_log_view(a_log(tokens=Tokens(7)), "alice"))["tokens"] == {"total": 7}


def test_metadata_is_shown_as_it_was_sent() -> None:
    text = b'"metadata":{"b":1.50,"a":1E+5}'
    assert text in json.dump(usage_log_view(a_log(metadata=text.decode()[11:]), "alice"))


def evaluate(arithmetic: str) -> tuple[Fraction, int]:
    """Cost and credits by working out the words of a receipt."""
    cost_part, credits_part = arithmetic.split("; ")
    if "=" in cost_part:
        terms, _, result = cost_part.removeprefix("cost ").partition(" = ")
        exchanged = re.fullmatch(r"\((.+)\) × ([\d.]+), rounded to (\d+) decimals,", terms)
        factors = [
            [Fraction(f) for f in term.split(" × ")]
            for term in (exchanged[1] if exchanged else terms).split(" + ")
        ]
        cost = sum((math.prod(pair, start=Fraction(1)) for pair in factors), Fraction(0))
        if exchanged:
            unit = Fraction(1, 10 ** int(exchanged[3]))
            cost = math.floor(cost * Fraction(exchanged[2]) / unit + Fraction(1, 2)) * unit
        assert cost == Fraction(result)
    else:
        found = re.search(r"cost ([\d.]+)", cost_part)
        assert found is not None
        cost = Fraction(found[1])
    stated = re.fullmatch(r"credits (\d+) as stated", credits_part)
    if stated is not None:
        return cost, int(stated[1])
    divided = re.fullmatch(r"credits ⌈([\d.]+) ÷ ([\d.]+)⌉ = (\d+)", credits_part)
    assert divided is not None
    assert Fraction(divided[1]) == cost
    assert math.ceil(cost / Fraction(divided[2])) == int(divided[3])
    return cost, int(divided[3])


@settings(max_examples=100)
@given(pricing, usages())
def test_the_arithmetic_of_a_receipt_gives_the_figures_of_its_log(
    terms: PricingTerms, row: Usage
) -> None:
    """PRI-5: arithmetic that reproduces the figure, to the last digit."""
    (log,) = a_ledger(pricing=terms).use(row).logs or (None,)
    assert log is not None
    view = shown(receipt_view(log.receipt))
    cost, credits = evaluate(view["arithmetic"])
    assert cost * 10**12 == log.cost_picos
    assert credits == log.credits
    lines = sum(Fraction(line["cost"]) for line in view["lines"])
    assert lines in (cost, 0) or "exchangeRate" in view
    for line in view["lines"]:
        assert Fraction(line["quantity"]) * Fraction(line["rate"]) == Fraction(line["cost"])
        name = "perRequest" if line["item"] == "request" else line["item"]
        assert view["rates"][name] == line["rate"]


def test_a_receipt_says_what_was_charged_at_which_rate() -> None:
    """PRI-5."""
    rates = TokenRates(input=3_000_000, output=15_000_000, cached_input=300_000)
    view = priced(rates, a_usage(tokens=Tokens.of_parts(1000, 200, cached_input=400)))
    assert view["basis"] == "workspace_price"
    assert view["rates"] == {
        "input": json.parse(b"0.000003"),
        "cachedInput": json.parse(b"0.0000003"),
        "output": json.parse(b"0.000015"),
    }
    assert view["arithmetic"] == (
        "cost 600 × 0.000003 + 400 × 0.0000003 + 200 × 0.000015 = 0.00492;"
        " credits ⌈0.00492 ÷ 0.001⌉ = 5"
    )
    assert view["creditsBasis"] == "computed"


@pytest.mark.parametrize(
    ("row", "arithmetic"),
    [
        (a_usage(), "cost 1 × 0.005 = 0.005; credits ⌈0.005 ÷ 0.001⌉ = 5"),
        (a_usage(failed=True), "cost 0 × 0.005 = 0; credits ⌈0 ÷ 0.001⌉ = 0"),
        (
            a_usage(cost_picos=1),
            "cost 0.000000000001 as stated; credits ⌈0.000000000001 ÷ 0.001⌉ = 1",
        ),
        (a_usage(credits=9), "cost 1 × 0.005 = 0.005; credits 9 as stated"),
    ],
)
def test_a_receipt_s_arithmetic_can_be_read(row: Usage, arithmetic: str) -> None:
    (log,) = a_ledger().use(row).logs
    assert shown(receipt_view(log.receipt))["arithmetic"] == arithmetic


def test_an_unpriced_log_says_so() -> None:
    """PRI-4."""
    (log,) = a_ledger(pricing=pricing_terms(mode="tokens")).use(a_usage(model="unheard-of")).logs
    view = shown(usage_log_view(log, "alice"))
    assert (view["unpriced"], view["cost"], view["credits"]) == (True, 0, 0)
    assert view["receipt"]["arithmetic"].startswith("no price found, cost 0;")


def test_a_purchase_is_shown_as_a_transaction_with_what_was_paid() -> None:
    """LED-1."""
    movement = a_purchase(
        100, note="thanks", metadata='{"n":1}', paid=Paid(5_500_000_000_000, "USD")
    )
    entry = a_ledger().move(movement).entry
    assert entry is not None
    assert shown(transaction_view(entry, "alice")) == {
        "id": f"tx_{ACCOUNT.removeprefix('acct_')}_1",
        "accountId": ACCOUNT,
        "userId": "alice",
        "seq": 1,
        "amount": 100,
        "type": "credit",
        "reason": "purchase",
        "balanceAfter": 100,
        "note": "thanks",
        "metadata": {"n": 1},
        "paid": {"amount": json.parse(b"5.5"), "currency": "USD"},
        "hash": entry.hash.hex(),
        "createdAt": "2026-11-20T09:30:00.000Z",
    }


def test_usage_and_refunds_name_what_they_are_about() -> None:
    ledger = a_ledger()
    usage = ledger.use(a_usage("a"), a_usage("b")).entry
    refund = ledger.move(Movement("credit", "refund", 1, refund_of="tx_1", refundable=1)).entry
    assert usage is not None
    assert refund is not None
    view = shown(transaction_view(usage, "alice"))
    assert (view["usageLogIds"], view["type"], view["amount"]) == (["a", "b"], "debit", 10)
    assert not {"note", "metadata", "paid", "refundOf"} & view.keys()
    assert shown(transaction_view(refund, "alice"))["refundOf"] == "tx_1"


def test_nothing_secret_of_an_entry_is_shown() -> None:
    entry = a_ledger().move(a_purchase(1, note="n")).entry
    assert entry is not None
    text = json.dump(transaction_view(entry, "alice")).decode()
    assert entry.salt.hex() not in text
    assert entry.nonce.hex() not in text
    assert entry.note_commitment not in text


def test_an_account_shows_its_balance_and_the_figures_of_its_day_and_month() -> None:
    ledger = a_ledger()
    ledger.move(a_purchase(100))
    ledger.use(a_usage())
    figures = {"credits": 5, "cost": json.parse(b"0.005"), "tokens": 1200, "requests": 1}
    local = zone_of("Asia/Kathmandu")
    assert shown(account_view(ledger.head, "alice", "USD", local, START_MS)) == {
        "accountId": ACCOUNT,
        "userId": "alice",
        "balance": 95,
        "currency": "USD",
        "timezone": "Asia/Kathmandu",
        "seq": 2,
        "month": figures,
        "day": figures,
        "updatedAt": "2026-11-20T09:30:00.000Z",
    }


def test_an_account_s_day_and_month_are_those_of_now() -> None:
    """STA-6: not those of its latest entry."""
    ledger = a_ledger()
    ledger.use(a_usage())
    tomorrow = day_start_ms("2026-11-21", UTC)
    view = shown(account_view(ledger.head, "alice", "USD", UTC, tomorrow))
    assert (view["day"]["requests"], view["month"]["requests"]) == (0, 1)
    later = shown(account_view(ledger.head, "alice", "USD", UTC, day_start_ms("2026-12-01", UTC)))
    assert (later["day"]["requests"], later["month"]["requests"]) == (0, 0)
    local = zone_of("Asia/Kathmandu")
    assert shown(account_view(ledger.head, "alice", "USD", local, tomorrow))["day"]["requests"] == 0


def test_an_account_before_its_first_movement_has_balance_zero() -> None:
    view = shown(account_view(a_head(), "alice", "USD", UTC, START_MS))
    assert (view["balance"], view["seq"]) == (0, 0)
    assert "updatedAt" not in view
