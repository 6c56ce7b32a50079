"""The rules of the pure ledger one by one: what is refused, in which order, with which words."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.calendar import LAST_MS, MS_PER_DAY, day_start_ms, utc_text, zone_of
from shared.domain.errors import (
    CustomerNotRegisteredError,
    EventInFutureError,
    EventTooOldError,
    InsufficientCreditsError,
    LimitExceededError,
    TallyError,
    ValidationFailedError,
)
from shared.domain.head import Counters
from shared.domain.ids import uuid7
from shared.domain.journal import Paid
from shared.domain.ledger import (
    FUTURE_TOLERANCE_MS,
    MAX_BALANCE,
    MAX_LOGS_PER_COMMIT,
    Movement,
    apply_movement,
    apply_usage,
)
from shared.domain.limits import Block
from shared.domain.tokens import Tokens
from shared.domain.usage import Usage
from tests.factories import a_head, a_ledger, a_moment, a_purchase, a_usage, pricing_terms, terms
from tests.fakes.clock import START_MS

UTC = zone_of("UTC")
HORIZON_MS = START_MS - 92 * MS_PER_DAY


def refusal(row: Usage, **changes: Any) -> TallyError | None:
    """Why one row is refused at START_MS under these terms; None when it is taken."""
    return apply_usage(a_head(), [row], terms(**changes), a_moment()).refused.get(row.log_id)


def limit(metric: Any, period: Any, value: int) -> tuple[Block, ...]:
    return (Block("thr-1", metric, period, value),)


@pytest.mark.parametrize(
    ("occurred_ms", "error"),
    [
        (HORIZON_MS - 1, EventTooOldError),
        (HORIZON_MS, None),
        (START_MS, None),
        (START_MS + FUTURE_TOLERANCE_MS, None),
        (START_MS + FUTURE_TOLERANCE_MS + 1, EventInFutureError),
    ],
)
def test_events_are_taken_from_the_retention_to_five_minutes_ahead(
    occurred_ms: int, error: type[TallyError] | None
) -> None:
    """REC-6."""
    found = refusal(a_usage(occurred_ms=occurred_ms))
    assert (None if found is None else type(found)) is error
    if found is not None:
        assert [e.pointer for e in found.errors] == ["/occurredAt"]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_an_event_from_the_end_of_the_calendar_is_refused_as_any_other(zone: str) -> None:
    found = refusal(a_usage(occurred_ms=LAST_MS), zone=zone_of(zone))
    assert isinstance(found, EventInFutureError)


def test_a_time_ordered_id_from_before_the_retention_is_refused() -> None:
    """REC-4: so time-ordered ids are deduplicated for ever."""
    found = refusal(a_usage(uuid7(HORIZON_MS - 1, bytes)))
    assert isinstance(found, EventTooOldError)
    assert [e.pointer for e in found.errors] == ["/id"]
    assert refusal(a_usage(uuid7(HORIZON_MS, bytes))) is None
    assert refusal(a_usage(uuid7(HORIZON_MS - 1, bytes).replace("-7", "-4", 1))) is None


def test_a_time_ordered_id_from_before_what_is_kept_is_refused_whatever_the_retention() -> None:
    """REC-4: a raised retention does not bring back the logs by which repeats are known."""
    kept_since_ms = START_MS - 5_000
    found = refusal(a_usage(uuid7(kept_since_ms - 1, bytes)), kept_since_ms=kept_since_ms)
    assert isinstance(found, EventTooOldError)
    assert refusal(a_usage(uuid7(kept_since_ms, bytes)), kept_since_ms=kept_since_ms) is None


def test_late_events_land_on_the_day_they_happened() -> None:
    """REC-6."""
    ledger = a_ledger(timezone="Asia/Kathmandu")
    late = day_start_ms("2026-11-18", zone_of("Asia/Kathmandu"))
    entry = ledger.use(a_usage(occurred_ms=late), a_usage("log-2", occurred_ms=late - 1)).entry
    assert entry is not None
    assert [(row.dimensions.day, row.dimensions.hour) for row in entry.digest] == [
        ("2026-11-17", 23),
        ("2026-11-18", 0),
    ]
    assert ledger.head.today == Counters()
    assert ledger.head.this_month.requests == 2


def test_only_registered_customers_are_charged_where_the_workspace_says_so() -> None:
    """REC-7."""
    found = refusal(a_usage(), registered=False)
    assert isinstance(found, CustomerNotRegisteredError)
    assert found.errors[0].pointer == "/userId"


def test_what_the_balance_does_not_cover_is_refused_with_balance_and_need() -> None:
    """LED-4."""
    ledger = a_ledger(enforce_credits=True)
    ledger.move(a_purchase(10))
    result = ledger.use(a_usage("a", credits=11), a_usage("b", credits=10), a_usage("c", credits=1))
    assert {log_id: e.members for log_id, e in result.refused.items()} == {
        "a": {"balance": 10, "required": 11},
        "c": {"balance": 0, "required": 1},
    }
    assert all(isinstance(e, InsufficientCreditsError) for e in result.refused.values())
    assert ledger.head.balance == 0
    assert ledger.use(a_usage("d", credits=0)).refused == {}


def test_a_balance_below_zero_from_before_refuses_costs_but_not_what_is_free() -> None:
    ledger = a_ledger()
    ledger.use(a_usage("a", credits=5))
    ledger.terms = terms(enforce_credits=True)
    assert "b" in ledger.use(a_usage("b", credits=1)).refused
    assert ledger.use(a_usage("c", credits=0)).refused == {}
    assert ledger.head.balance == -5


def test_a_balance_stays_within_what_every_reader_keeps_exact() -> None:
    ledger = a_ledger()
    assert "a" in ledger.use(a_usage("a", credits=MAX_BALANCE + 1)).refused
    assert ledger.use(a_usage("b", credits=MAX_BALANCE)).refused == {}
    ledger = a_ledger()
    ledger.move(a_purchase(MAX_BALANCE))
    with pytest.raises(ValidationFailedError, match="too large"):
        ledger.move(a_purchase(1))


@pytest.mark.parametrize(
    ("metric", "allowed"),
    [("requests", 2), ("credits", 10), ("cost", 10_000_000_000), ("tokens", 2400)],
)
@pytest.mark.parametrize("period", ["daily", "monthly"])
def test_a_block_refuses_the_log_that_would_exceed_it(
    metric: Any, period: Any, allowed: int
) -> None:
    """ALR-4: the limit itself may be reached."""
    rows = [a_usage(f"log-{n}") for n in range(3)]
    ledger = a_ledger(blocks=limit(metric, period, allowed))
    result = ledger.use(*rows)
    assert [log.log_id for log in result.logs] == ["log-0", "log-1"]
    (error,) = result.refused.values()
    assert isinstance(error, LimitExceededError)
    resets = "2026-11-21T00:00:00.000Z" if period == "daily" else "2026-12-01T00:00:00.000Z"
    assert error.members == {"resetsAt": resets, "thresholdId": "thr-1"}
    assert a_ledger(blocks=limit(metric, period, allowed - 1)).use(*rows).logs == result.logs[:1]


def test_a_block_resets_with_the_local_day() -> None:
    """ALR-4, STA-6."""
    ledger = a_ledger(timezone="Europe/Berlin", blocks=limit("requests", "daily", 1))
    ledger.use(a_usage("a"))
    assert "b" in ledger.use(a_usage("b")).refused
    ledger.now_ms = day_start_ms("2026-11-21", zone_of("Europe/Berlin"))
    assert ledger.use(a_usage("c")).refused == {}
    found = ledger.use(a_usage("d")).refused["d"]
    assert found.members["resetsAt"] == utc_text(
        day_start_ms("2026-11-22", zone_of("Europe/Berlin"))
    )


def test_a_block_watches_the_current_period_only() -> None:
    """Late events count on their own day and month; only the current ones are watched."""
    yesterday, last_month = START_MS - MS_PER_DAY, START_MS - 30 * MS_PER_DAY
    daily = a_ledger(blocks=limit("requests", "daily", 1))
    assert daily.use(*(a_usage(f"{n}", occurred_ms=yesterday) for n in range(3))).refused == {}
    monthly = a_ledger(blocks=limit("requests", "monthly", 1))
    assert monthly.use(*(a_usage(f"{n}", occurred_ms=last_month) for n in range(3))).refused == {}
    assert len(monthly.use(*(a_usage(f"m{n}", occurred_ms=yesterday) for n in range(3))).logs) == 1


def test_a_client_s_fast_clock_does_not_switch_today_s_limit_off() -> None:
    midnight = day_start_ms("2026-11-21", zone_of("UTC"))
    ledger = a_ledger(now_ms=midnight - 60_000, blocks=limit("requests", "daily", 1))
    ledger.use(a_usage("today"))
    ledger.use(a_usage("early", occurred_ms=midnight + 60_000))
    assert ledger.head.day == "2026-11-20"
    assert "again" in ledger.use(a_usage("again")).refused
    ledger.now_ms = midnight
    assert ledger.use(a_usage("tomorrow")).refused.keys() == {"tomorrow"}


def test_an_early_event_counts_for_the_next_day_once_it_has_come() -> None:
    midnight = day_start_ms("2026-12-01", zone_of("UTC"))
    ledger = a_ledger(now_ms=midnight - 60_000)
    ledger.use(a_usage("early", occurred_ms=midnight + 60_000))
    assert (ledger.head.today.requests, ledger.head.this_month.requests) == (0, 0)
    ledger.now_ms = midnight
    ledger.use(a_usage("on-time"))
    assert (ledger.head.today.requests, ledger.head.this_month.requests) == (2, 2)
    ledger.now_ms = day_start_ms("2027-01-02", zone_of("UTC"))
    ledger.use(a_usage("later"))
    assert (ledger.head.today.requests, ledger.head.this_month.requests) == (1, 1)


@pytest.mark.parametrize(("comes_back", "of_month"), [("2026-12-02", 2), ("2027-01-01", 1)])
def test_an_early_event_counts_for_no_other_day_or_month_than_its_own(
    comes_back: str, of_month: int
) -> None:
    ledger = a_ledger(now_ms=day_start_ms("2026-12-01", UTC) - 60_000)
    ledger.use(a_usage("early", occurred_ms=day_start_ms("2026-12-01", UTC)))
    ledger.now_ms = day_start_ms(comes_back, UTC)
    ledger.use(a_usage("back"))
    assert (ledger.head.today.requests, ledger.head.this_month.requests) == (1, of_month)


@pytest.mark.parametrize(("period", "resets"), [("daily", "2026-12-02"), ("monthly", "2027-01-01")])
def test_a_block_of_the_next_day_or_month_refuses_what_is_dated_ahead(
    period: Any, resets: str
) -> None:
    """ALR-4: five minutes before midnight, a fast clock does not use up tomorrow's limit unseen."""
    midnight = day_start_ms("2026-12-01", UTC)
    ledger = a_ledger(now_ms=midnight - 60_000, blocks=limit("requests", period, 2))
    early = [a_usage(f"early-{n}", occurred_ms=midnight + n) for n in range(3)]
    refused = ledger.use(a_usage("today"), *early).refused
    assert refused.keys() == {"early-2"}
    assert refused["early-2"].members["resetsAt"] == utc_text(day_start_ms(resets, UTC))
    ledger.now_ms = midnight
    assert ledger.use(a_usage("late")).refused.keys() == {"late"}


def test_a_time_zone_changed_before_the_first_log_leaves_no_day_behind() -> None:
    """ALR-4, PRI-6: a purchase was made on a day that has not come yet under the new zone."""
    ledger = a_ledger(now_ms=day_start_ms("2026-11-30", UTC), timezone="Pacific/Kiritimati")
    ledger.move(a_purchase())
    assert ledger.head.day == "2026-11-30"
    ledger.now_ms += 12 * 3_600_000
    ledger.move(a_purchase())
    assert (ledger.head.day, ledger.head.month) == ("2026-12-01", "2026-12")
    ledger.terms = terms(blocks=limit("requests", "daily", 1))
    ledger.use(a_usage("a"))
    assert (ledger.head.day, ledger.head.today.requests) == ("2026-11-30", 1)
    assert (ledger.head.month, ledger.head.this_month.requests) == ("2026-11", 1)
    assert "b" in ledger.use(a_usage("b")).refused


def test_counters_never_move_back() -> None:
    """A server whose clock is behind must not empty today's counters."""
    ledger = a_ledger()
    ledger.use(a_usage())
    assert ledger.head.rolled("2026-11-19") == ledger.head.rolled("2026-10-31") == ledger.head


def test_the_first_thing_wrong_is_the_one_told() -> None:
    """A row wrong in every way is refused for its age first, for credits last."""
    block = limit("requests", "daily", 0)
    everything: dict[str, Any] = {"registered": False, "blocks": block, "enforce_credits": True}
    order = [
        refusal(a_usage(uuid7(0, bytes), occurred_ms=0), **everything),
        refusal(a_usage(uuid7(0, bytes)), **everything),
        refusal(a_usage(occurred_ms=START_MS + 10 * MS_PER_DAY), **everything),
        refusal(a_usage(), **everything),
        refusal(a_usage(), blocks=block, enforce_credits=True),
        refusal(a_usage(), enforce_credits=True),
    ]
    assert [type(e) for e in order] == [
        EventTooOldError,
        EventTooOldError,
        EventInFutureError,
        CustomerNotRegisteredError,
        LimitExceededError,
        InsufficientCreditsError,
    ]
    assert [e.errors[0].pointer for e in order[:2] if e is not None] == ["/occurredAt", "/id"]


def test_a_log_keeps_everything_that_was_reported() -> None:
    """REC-1."""
    row = a_usage(
        error_code="timeout",
        failed=True,
        request_id="r-1",
        metadata='{"a":1}',
        tokens=Tokens.of_parts(10, 5, 3, 2, 1),
    )
    (log,) = a_ledger().use(row).logs
    for name in ("service", "provider", "model", "tokens", "failed", "error_code", "platform"):
        assert getattr(log, name) == getattr(row, name)
    for name in ("response_time_ms", "response_bytes", "country", "request_id", "metadata"):
        assert getattr(log, name) == getattr(row, name)
    assert (log.occurred_ms, log.created_ms, log.currency) == (START_MS, START_MS, "USD")


def test_calls_that_are_not_model_calls_are_usage_too() -> None:
    """REC-9."""
    (log,) = a_ledger().use(a_usage(model=None, tokens=None, service="message")).logs
    assert (log.credits, log.model, log.tokens) == (5, None, None)


def test_what_nothing_prices_is_recorded_and_flagged() -> None:
    """PRI-4."""
    ledger = a_ledger(pricing=pricing_terms(mode="tokens"))
    result = ledger.use(a_usage(model="unheard-of"))
    assert (result.logs[0].unpriced, result.logs[0].credits) == (True, 0)
    assert result.entry is not None
    assert result.entry.amount == 0
    assert ledger.head.seq == 1


def test_the_price_is_that_of_the_time_of_the_event() -> None:
    early = START_MS - MS_PER_DAY
    ledger = a_ledger()
    (log,) = ledger.use(a_usage(occurred_ms=early)).logs
    assert log.occurred_ms == early
    assert log.receipt.basis == "flat"


def test_a_commit_takes_up_to_ninety_eight_rows_of_different_ids() -> None:
    rows = [a_usage(f"log-{n}") for n in range(MAX_LOGS_PER_COMMIT + 1)]
    assert len(a_ledger().use(*rows[:-1]).logs) == 98
    for bad in (rows, [], [rows[0], rows[0]]):
        with pytest.raises(AssertionError):
            a_ledger().use(*bad)


def test_movements_are_posted_with_what_they_say() -> None:
    """LED-1, LED-5."""
    ledger = a_ledger()
    paid = Paid(5_000_000_000_000, "USD")
    entry = ledger.move(a_purchase(100, note="thanks", metadata='{"n":1}', paid=paid)).entry
    assert entry is not None
    assert (entry.type, entry.reason, entry.amount, entry.balance_after) == (
        "credit",
        "purchase",
        100,
        100,
    )
    assert (entry.note, entry.metadata, entry.paid, entry.log_ids) == (
        "thanks",
        '{"n":1}',
        paid,
        (),
    )
    debit = ledger.move(Movement("debit", "adjustment", 40, note="mistake")).entry
    assert debit is not None
    assert (debit.signed_amount, debit.balance_after, ledger.head.balance) == (-40, 60, 60)


def test_a_debit_by_hand_is_never_more_than_the_balance_when_enforced() -> None:
    """LED-4."""
    ledger = a_ledger(enforce_credits=True)
    ledger.move(a_purchase(10))
    with pytest.raises(InsufficientCreditsError) as error:
        ledger.move(Movement("debit", "adjustment", 11, note="x"))
    assert error.value.members == {"balance": 10, "required": 11}
    ledger.move(Movement("debit", "adjustment", 10, note="x"))
    ledger.terms = terms()
    assert ledger.move(Movement("debit", "adjustment", 1, note="x")).head.balance == -1


@pytest.mark.parametrize(
    ("refunded", "amount", "fits"), [(0, 10, True), (4, 6, True), (4, 7, False), (10, 1, False)]
)
def test_refunds_together_never_exceed_what_they_refund(
    refunded: int, amount: int, fits: bool
) -> None:
    """LED-5."""
    refund = Movement("credit", "refund", amount, refund_of="tx", refundable=10, refunded=refunded)
    if fits:
        assert apply_movement(a_head(), refund, terms(), a_moment()).head.balance == amount
        return
    with pytest.raises(ValidationFailedError, match=f"at most {10 - refunded} credits") as error:
        apply_movement(a_head(), refund, terms(), a_moment())
    assert error.value.errors[0].pointer == "/amount"


def test_a_movement_rolls_the_counters_and_moves_none() -> None:
    ledger = a_ledger()
    ledger.use(a_usage("a"))
    ledger.move(a_purchase())
    assert ledger.head.today.requests == 1
    ledger.now_ms += MS_PER_DAY
    ledger.move(a_purchase())
    assert (ledger.head.today.requests, ledger.head.this_month.requests) == (0, 1)


def test_usage_and_nothing_can_not_be_posted_by_hand() -> None:
    for movement in (a_purchase(0), Movement("debit", "usage", 1)):
        with pytest.raises(AssertionError):
            apply_movement(a_head(), movement, terms(), a_moment())
