"""What was asked for is what was acknowledged: by the request alone, and none of the product's own rules."""

from __future__ import annotations

import json
from typing import Any, Final

from shared.domain.calendar import MS_PER_DAY, parse_timestamp
from shared.domain.journal import Entry
from shared.domain.ledger import Movement
from shared.domain.usage import UsageLog
from tests.simulation.stage import LARGEST_SKEW_MS

Body = dict[str, Any]

AHEAD_MS: Final = 5 * 60_000
KEPT_MS: Final = 92 * MS_PER_DAY
REQUEST_PICOS: Final = 5_000_000_000
REQUEST_CREDITS: Final = 5
"""What a call costs that went well, where prices are flat; one that failed costs nothing."""

SAME: Final = {
    "service": "service",
    "model": "model",
    "responseTimeMs": "response_time_ms",
    "responseBytes": "response_bytes",
    "country": "country",
    "platform": "platform",
}


def recorded_as_asked(body: Body, log: UsageLog, sent_ms: int, now_ms: int, *, flat: bool) -> None:
    """A log is what its body says, of the time it was sent in, at its price (where prices are `flat`).

    Raises:
        AssertionError: it is not.
    """
    for member, name in SAME.items():
        assert getattr(log, name) == body.get(member), f"4: {member} of {body} became {log}"
    failed = body.get("status") == "error"
    assert log.failed == failed, f"4: {body} became {log}"
    tokens = body.get("tokens")
    total = None if tokens is None else tokens["input"] + tokens["output"]
    assert (log.tokens.total if log.tokens else None) == total, f"4: tokens of {body} became {log}"
    metadata = None if log.metadata is None else json.loads(log.metadata)
    assert metadata == body.get("metadata"), f"4: metadata of {body} became {log}"
    if flat:
        credits = body.get("credits", 0 if failed else REQUEST_CREDITS)
        charged = 0 if failed else REQUEST_PICOS, credits
        assert (log.cost_picos, log.credits) == charged, f"5: {body} was charged as {log}"
    elif "credits" in body:
        assert log.credits == body["credits"], f"5: {body} was charged as {log}"
    in_time(log.created_ms, sent_ms, now_ms)
    if "occurredAt" in body:
        assert log.occurred_ms == parse_timestamp(body["occurredAt"]), f"4: {body} became {log}"
        assert log.occurred_ms <= log.created_ms + AHEAD_MS, f"5: {log} is of the future"
        horizon_ms = log.created_ms - KEPT_MS - 2 * LARGEST_SKEW_MS
        assert log.occurred_ms >= horizon_ms, f"5: {log} is too old to tell a repeat"
    else:
        in_time(log.occurred_ms, sent_ms, now_ms)


def moved_as_asked(movement: Movement, entry: Entry, sent_ms: int, now_ms: int) -> None:
    """An entry posts the movement that was asked for, in the time that it was sent in.

    Raises:
        AssertionError: it does not.
    """
    for name in ("type", "reason", "amount", "note", "refund_of"):
        assert getattr(entry, name) == getattr(movement, name), f"4: {movement} became {entry}"
    in_time(entry.created_ms, sent_ms, now_ms)


def in_time(at_ms: int, sent_ms: int, now_ms: int) -> None:
    """A time that an instance's clock showed while a request was under way.

    Raises:
        AssertionError: none can have shown it.
    """
    early, late = sent_ms - LARGEST_SKEW_MS, now_ms + LARGEST_SKEW_MS
    assert early <= at_ms <= late, f"3: {at_ms} is not between {early} and {late}"
