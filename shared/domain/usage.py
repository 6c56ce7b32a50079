"""A usage log: what came in, and what is kept of it for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.domain.fingerprint import Fingerprint, Members
from shared.domain.pricing import Receipt
from shared.domain.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Usage:
    """One consumed request as its reporter sent it, checked and typed.

    `cost_picos` and `credits` are there only when they were stated. `occurred_ms` is None for "now".
    `metadata` is compact JSON. `members` is the body as sent (see `shared.domain.fingerprint`).
    """

    log_id: str
    user_id: str
    service: str
    provider: str
    model: str | None
    tokens: Tokens | None
    credits: int | None
    cost_picos: int | None
    failed: bool
    error_code: str | None
    response_time_ms: int | None
    response_bytes: int | None
    country: str | None
    platform: str | None
    request_id: str | None
    metadata: str | None
    occurred_ms: int | None
    members: Members


@dataclass(frozen=True, slots=True)
class Repriced:
    """What the latest repricing of a log made of its figures. Posted by journal entry `seq`.

    `cost_difference` (picos) and `credit_difference` are new − old, the old ones being those of the log
    or of the repricing before.
    """

    repricing_id: str
    seq: int
    cost_picos: int
    credits: int
    receipt: Receipt
    cost_difference: int
    credit_difference: int


@dataclass(frozen=True, slots=True)
class UsageLog:
    """One recorded request. Immutable, but for `repriced`, which stands beside it.

    Written by the commit of journal entry `seq` of the account. `nonce` is the commit's own random mark;
    it also keys `fingerprint`.
    """

    workspace_id: str
    account_id: str
    log_id: str
    seq: int
    service: str
    provider: str
    model: str | None
    tokens: Tokens | None
    credits: int
    cost_picos: int
    currency: str
    unpriced: bool
    failed: bool
    error_code: str | None
    response_time_ms: int | None
    response_bytes: int | None
    country: str | None
    platform: str | None
    request_id: str | None
    metadata: str | None
    occurred_ms: int
    created_ms: int
    receipt: Receipt
    nonce: bytes
    fingerprint: Fingerprint
    repriced: Repriced | None = None

    @property
    def current(self) -> UsageLog:
        """The log with the figures that count now: those of its latest repricing."""
        if self.repriced is None:
            return self
        return replace(
            self,
            credits=self.repriced.credits,
            cost_picos=self.repriced.cost_picos,
            unpriced=self.repriced.receipt.basis == "unpriced",
            receipt=self.repriced.receipt,
        )
