"""The rules of money: what one command does to one account.

Pure. Time, randomness and everything read from the store are passed in. The result is what the store
commits in one transaction: the logs, the journal entry and the head after it, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.calendar import (
    MS_PER_DAY,
    local_day_hour,
)
from shared.domain.digests import DigestRow, Dimensions, digest_of, dimensions_of
from shared.domain.errors import (
    CustomerNotRegisteredError,
    EventInFutureError,
    EventTooOldError,
    InsufficientCreditsError,
    LimitExceededError,
    TallyError,
    ValidationFailedError,
)
from shared.domain.fingerprint import Members, fingerprint
from shared.domain.head import Counters, Head
from shared.domain.ids import uuid7_ms
from shared.domain.journal import (
    Entry,
    EntryType,
    Paid,
    Reason,
    sealed,
)
from shared.domain.limits import Block, Use, blocked, counted_on, over_budget, scarce
from shared.domain.money import MAX_MONEY
from shared.domain.pricing import Charged, PricingTerms, price
from shared.domain.usage import Usage, UsageLog

FUTURE_TOLERANCE_MS: Final = 5 * 60_000
MAX_LOGS_PER_COMMIT: Final = 98
"""A DynamoDB transaction takes 100 items: the logs, the entry and the head."""

MAX_BALANCE: Final = 10**18
"""Balances stay exact in every JSON reader that keeps 64-bit integers."""


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What the account's rules depend on, read consistently with its head."""

    pricing: PricingTerms
    currency: str
    zone: ZoneInfo
    enforce_credits: bool
    retention_days: int
    kept_since_ms: int = 0
    """Logs from before may be gone, though the retention reaches further back since it was raised."""
    registered: bool = True
    """Whether the user may be charged: true where the workspace does not ask for registration."""
    blocks: tuple[Block, ...] = ()
    budgets: tuple[Block, ...] = ()
    used: Use = field(default_factory=dict)
    """What the workspace has used in the periods that its budgets watch; empty without budgets."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Time and randomness of one attempt."""

    now_ms: int
    nonce: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Movement:
    """Credits posted by hand: a purchase, promo, refund or adjustment.

    `refunded` is what was refunded of `refund_of` before, `refundable` what that entry debited.
    """

    type: EntryType
    reason: Reason
    amount: int
    note: str | None = None
    metadata: str | None = None
    paid: Paid | None = None
    refund_of: str | None = None
    refundable: int = 0
    refunded: int = 0
    members: Members = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a command does: the new head and the entry (None when every row was refused).

    `logs` are in the order of the rows that were taken; `refused` maps a row's log id to the reason.
    `counted` is what it adds in each period that budgets watch, `scarce` those of them with little left.
    """

    head: Head
    entry: Entry | None
    logs: tuple[UsageLog, ...] = ()
    refused: dict[str, TallyError] = field(default_factory=dict)
    counted: Mapping[str, Counters] = field(default_factory=dict)
    scarce: frozenset[str] = frozenset()


def apply_usage(head: Head, rows: Sequence[Usage], terms: AccountTerms, moment: Moment) -> Applied:
    """Take usage rows in order: each is priced, checked and counted, or refused on its own.

    Ids must be different from each other. At most `MAX_LOGS_PER_COMMIT` rows.
    """
    assert 0 < len(rows) <= MAX_LOGS_PER_COMMIT
    assert len({row.log_id for row in rows}) == len(rows)
    created_ms = max(moment.now_ms, head.last_created_ms)
    after = head.rolled(local_day_hour(created_ms, terms.zone)[0])
    logs: list[UsageLog] = []
    dimensions: list[Dimensions] = []
    refused: dict[str, TallyError] = {}
    used = terms.used
    for row in rows:
        log = _log_of(head, row, terms, moment, created_ms)
        day, hour = local_day_hour(log.occurred_ms, terms.zone)
        error = _refusal(after, used, row, log, day, terms, moment.now_ms)
        if error is not None:
            refused[row.log_id] = error
            continue
        after = after.charged(day, log)
        used = counted_on(used, log, day)
        logs.append(log)
        dimensions.append(dimensions_of(log, day, hour))
    if not logs:
        return Applied(head, None, (), refused)
    counted = {
        period: figures.minus(terms.used[period])
        for period, figures in used.items()
        if figures != terms.used[period]
    }
    entry = next_entry(
        head,
        moment,
        created_ms,
        Movement("debit", "usage", sum(log.credits for log in logs)),
        tuple(log.log_id for log in logs),
        digest=digest_of(zip(dimensions, logs, strict=True)),
        counted=tuple(sorted(counted)),
    )
    assert entry.balance_after == after.balance
    after = replace(committed(after, entry), logs=head.logs + len(logs))
    tight = scarce(terms.budgets, terms.used, used)
    return Applied(after, entry, tuple(logs), refused, counted, tight)


def apply_movement(head: Head, movement: Movement, terms: AccountTerms, moment: Moment) -> Applied:
    """Post credits by hand.

    Raises:
        InsufficientCreditsError: a debit that the balance does not cover, where balances are enforced.
        ValidationFailedError: a refund beyond what is left to refund, or a balance beyond the limit.
    """
    assert movement.amount > 0
    assert movement.reason != "usage"
    if movement.reason == "refund" and movement.refunded + movement.amount > movement.refundable:
        left = movement.refundable - movement.refunded
        raise ValidationFailedError.of("/amount", f"at most {left} credits are left to refund")
    if movement.type == "debit" and terms.enforce_credits and movement.amount > head.balance:
        raise InsufficientCreditsError(head.balance, movement.amount)
    created_ms = max(moment.now_ms, head.last_created_ms)
    entry = next_entry(head, moment, created_ms, movement, ())
    if abs(entry.balance_after) > MAX_BALANCE:
        raise ValidationFailedError.of("/amount", "the balance would be too large")
    after = replace(
        head.rolled(local_day_hour(created_ms, terms.zone)[0]), balance=entry.balance_after
    )
    return Applied(committed(after, entry), entry)


def _log_of(
    head: Head, row: Usage, terms: AccountTerms, moment: Moment, created_ms: int
) -> UsageLog:
    occurred_ms = moment.now_ms if row.occurred_ms is None else row.occurred_ms
    receipt = price(
        terms.pricing,
        Charged(row.service, row.provider, row.model, row.tokens, row.failed, occurred_ms),
        cost_picos=row.cost_picos,
        credits=row.credits,
    )
    cost_picos, credits = receipt.recompute()
    return UsageLog(
        workspace_id=head.workspace_id,
        account_id=head.account_id,
        log_id=row.log_id,
        seq=head.seq + 1,
        service=row.service,
        provider=row.provider,
        model=row.model,
        tokens=row.tokens,
        credits=credits,
        cost_picos=cost_picos,
        currency=terms.currency,
        unpriced=receipt.basis == "unpriced",
        failed=row.failed,
        error_code=row.error_code,
        response_time_ms=row.response_time_ms,
        response_bytes=row.response_bytes,
        country=row.country,
        platform=row.platform,
        request_id=row.request_id,
        metadata=row.metadata,
        occurred_ms=occurred_ms,
        created_ms=created_ms,
        receipt=receipt,
        nonce=moment.nonce,
        fingerprint=fingerprint(row.members, moment.nonce),
    )


def _refusal(
    head: Head, used: Use, row: Usage, log: UsageLog, day: str, terms: AccountTerms, now_ms: int
) -> TallyError | None:
    """Why a row is not taken; None when it is."""
    horizon_ms = now_ms - terms.retention_days * MS_PER_DAY
    made_ms = uuid7_ms(row.log_id)
    if log.occurred_ms < horizon_ms:
        return EventTooOldError.of(
            "/occurredAt", f"is older than the {terms.retention_days} days logs are kept"
        )
    if made_ms is not None and made_ms < max(horizon_ms, terms.kept_since_ms):
        return EventTooOldError.of(
            "/id", "was made before the time that logs are kept for, so a repeat can't be told"
        )
    if log.occurred_ms > now_ms + FUTURE_TOLERANCE_MS:
        return EventInFutureError.of("/occurredAt", "is more than five minutes in the future")
    if not terms.registered:
        return CustomerNotRegisteredError.of("/userId", "is not a registered, active customer")
    reached = _limit_reached(head, used, log, day, terms)
    if reached is not None:
        return reached
    if terms.enforce_credits and log.credits > max(head.balance, 0):
        return InsufficientCreditsError(head.balance, log.credits)
    if log.cost_picos > MAX_MONEY:
        return ValidationFailedError.of("/tokens", "cost more than a single log can")
    if head.balance - log.credits < -MAX_BALANCE:
        return ValidationFailedError.of("/credits", "the balance would be too large")
    return None


def _limit_reached(
    head: Head, used: Use, log: UsageLog, day: str, terms: AccountTerms
) -> LimitExceededError | None:
    """The first limit that a log would exceed: those on its user, then those on the workspace."""
    for block in terms.blocks:
        error = blocked(head, log, day, block, terms.zone)
        if error is not None:
            return error
    for budget in terms.budgets:
        error = over_budget(used, log, day, budget, terms.zone)
        if error is not None:
            return error
    return None


def next_entry(
    head: Head,
    moment: Moment,
    created_ms: int,
    movement: Movement,
    log_ids: tuple[str, ...],
    digest: tuple[DigestRow, ...] = (),
    counted: tuple[str, ...] = (),
) -> Entry:
    """The entry after a head that posts a movement; logs and digest where it is about usage."""
    change = movement.amount if movement.type == "credit" else -movement.amount
    return sealed(
        Entry(
            workspace_id=head.workspace_id,
            account_id=head.account_id,
            seq=head.seq + 1,
            type=movement.type,
            reason=movement.reason,
            amount=movement.amount,
            balance_after=head.balance + change,
            totals=head.totals.plus(movement.reason, movement.type, movement.amount),
            created_ms=created_ms,
            log_ids=log_ids,
            digest=digest,
            note=movement.note,
            metadata=movement.metadata,
            refund_of=movement.refund_of,
            paid=movement.paid,
            nonce=moment.nonce,
            salt=moment.salt,
            note_commitment="",
            metadata_commitment="",
            previous_hash=head.hash,
            hash=b"",
            counted=counted,
        )
    )


def committed(head: Head, entry: Entry) -> Head:
    """A head moved on by an entry; balance and counters are for the caller to have moved."""
    return replace(
        head,
        seq=entry.seq,
        totals=entry.totals,
        hash=entry.hash,
        created_ms=head.created_ms or entry.created_ms,
        last_created_ms=entry.created_ms,
    )
