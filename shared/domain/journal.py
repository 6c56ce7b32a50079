"""Journal entries: numbered without gaps, each hash covering the one before."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from shared.domain.digests import DigestRow, encode_digest

EntryType = Literal["debit", "credit"]
Reason = Literal["purchase", "usage", "refund", "promo", "adjustment"]

REASONS: Final[tuple[Reason, ...]] = ("purchase", "usage", "refund", "promo", "adjustment")
Kind = tuple[Reason, EntryType]
KINDS: Final[tuple[Kind, ...]] = (
    ("purchase", "credit"),
    ("usage", "debit"),
    ("refund", "credit"),
    ("promo", "credit"),
    ("adjustment", "credit"),
    ("adjustment", "debit"),
)
"""Every kind of entry, in the order of `RunningTotals`."""

_compact = json.JSONEncoder(separators=(",", ":")).encode

GENESIS: Final = bytes(32)
"""The hash before the first entry."""


class RunningTotals(NamedTuple):
    """How many entries of each kind an account has had, and their credits, up to some entry.

    Adjustments are split by type, so totals of a reason or of a type are sums of members. The difference
    of two gives the exact totals of any range, and a bisection finds the n-th entry of a kind.
    """

    purchases: int = 0
    purchase_credits: int = 0
    usages: int = 0
    usage_credits: int = 0
    refunds: int = 0
    refund_credits: int = 0
    promos: int = 0
    promo_credits: int = 0
    credit_adjustments: int = 0
    credit_adjustment_credits: int = 0
    debit_adjustments: int = 0
    debit_adjustment_credits: int = 0

    def plus(self, reason: Reason, type_: EntryType, amount: int) -> RunningTotals:
        """The totals with one entry more."""
        count = KINDS.index((reason, type_)) * 2
        return RunningTotals(
            *(
                value + (1 if at == count else amount if at == count + 1 else 0)
                for at, value in enumerate(self)
            )
        )

    def minus(self, earlier: RunningTotals) -> RunningTotals:
        """The totals of the entries since an earlier one."""
        return RunningTotals(*(now - then for now, then in zip(self, earlier, strict=True)))

    def together(self, other: RunningTotals) -> RunningTotals:
        """The totals of two sets of entries."""
        return RunningTotals(*(one + more for one, more in zip(self, other, strict=True)))

    def count(self, kinds: Collection[Kind]) -> int:
        """How many entries of these kinds."""
        return sum(self[2 * at] for at, kind in enumerate(KINDS) if kind in kinds)

    def credits(self, kinds: Collection[Kind]) -> int:
        """The credits of entries of these kinds, unsigned."""
        return sum(self[2 * at + 1] for at, kind in enumerate(KINDS) if kind in kinds)


NO_TOTALS: Final = RunningTotals()


def kinds_of(reason: Reason | None, type_: EntryType | None) -> tuple[Kind, ...]:
    """The kinds of entries with a reason and a type; None stands for any."""
    return tuple(
        kind
        for kind in KINDS
        if (reason is None or kind[0] == reason) and (type_ is None or kind[1] == type_)
    )


@dataclass(frozen=True, slots=True)
class Paid:
    """What a customer paid for a purchase."""

    amount_picos: int
    currency: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit on an account. `amount` ≥ 0 credits; the sign follows from `type`.

    `digest` holds the figures of the logs of a usage entry, or by how much a repricing changed them; it
    moves no requests then. The hash covers salted commitments of note and metadata, so both can be erased
    while the chain stays provable. `counted` are the days and months on whose budgets the commit has
    counted its logs; the hash covers nothing of budgets.
    """

    workspace_id: str
    account_id: str
    seq: int
    type: EntryType
    reason: Reason
    amount: int
    balance_after: int
    totals: RunningTotals
    created_ms: int
    log_ids: tuple[str, ...]
    digest: tuple[DigestRow, ...]
    note: str | None
    metadata: str | None
    refund_of: str | None
    paid: Paid | None
    nonce: bytes
    salt: bytes
    note_commitment: str
    metadata_commitment: str
    previous_hash: bytes
    hash: bytes
    counted: tuple[str, ...] = ()

    @property
    def signed_amount(self) -> int:
        """Credits as they move the balance."""
        return self.amount if self.type == "credit" else -self.amount

    @property
    def names(self) -> tuple[str, ...]:
        """Services and models of its logs, each once, in order."""
        rows = [row.dimensions for row in self.digest]
        return tuple(sorted({name for row in rows for name in (row.service, row.model) if name}))


def commitment(salt: bytes, text: str | None) -> str:
    """A salted SHA-256 of a text that may be erased later; empty when there is none."""
    return "" if text is None else sha256(salt + text.encode()).hexdigest()


def hash_of(entry: Entry) -> bytes:
    """SHA-256 over everything of an entry that is kept for ever, the previous hash included."""
    covered = [
        1,
        entry.workspace_id,
        entry.account_id,
        entry.seq,
        entry.type,
        entry.reason,
        entry.amount,
        entry.balance_after,
        entry.totals,
        entry.created_ms,
        list(entry.log_ids),
        encode_digest(entry.digest),
        entry.note_commitment,
        entry.metadata_commitment,
        entry.refund_of,
        [entry.paid.amount_picos, entry.paid.currency] if entry.paid else None,
        entry.nonce.hex(),
        entry.previous_hash.hex(),
    ]
    return sha256(_compact(covered).encode()).digest()


def sealed(entry: Entry) -> Entry:
    """The entry with its commitments and its hash."""
    committed = replace(
        entry,
        note_commitment=commitment(entry.salt, entry.note),
        metadata_commitment=commitment(entry.salt, entry.metadata),
    )
    return replace(committed, hash=hash_of(committed))


@dataclass(frozen=True, slots=True)
class Verification:
    """What a recomputation of a journal found. `first_bad_seq` is None when all agrees."""

    entries: int
    balance: int
    head_hash: bytes
    first_bad_seq: int | None


@dataclass(frozen=True, slots=True)
class Proven:
    """An account as its entries prove it, from the first (or from a seal) up to entry `seq`."""

    seq: int = 0
    balance: int = 0
    totals: RunningTotals = NO_TOTALS
    hash: bytes = GENESIS
    created_ms: int = 0

    def after(self, entry: Entry | None) -> Proven | None:
        """What one entry more proves; None where it does not follow, or (None) cannot even be read."""
        fits = (
            entry is not None
            and entry.seq == self.seq + 1
            and (entry.reason, entry.type) in KINDS
            and entry.totals == self.totals.plus(entry.reason, entry.type, entry.amount)
            and entry.previous_hash == self.hash
            and entry.created_ms >= self.created_ms
            and entry.amount >= 0
            and entry.balance_after == self.balance + entry.signed_amount
            and _texts_agree(entry)
            and _digest_agrees(entry)
            and entry.hash == hash_of(entry)
        )
        if entry is None or not fits:
            return None
        return Proven(entry.seq, entry.balance_after, entry.totals, entry.hash, entry.created_ms)


def verify(entries: Iterable[Entry | None]) -> Verification:
    """Recompute a journal from its first entry; the figures are those up to the first disagreement.

    None stands for an entry that cannot even be read.
    """
    proven = Proven()
    for entry in entries:
        following = proven.after(entry)
        if following is None:
            return Verification(proven.seq, proven.balance, proven.hash, proven.seq + 1)
        proven = following
    return Verification(proven.seq, proven.balance, proven.hash, None)


def _texts_agree(entry: Entry) -> bool:
    """Texts still there must be the ones committed to; erased ones (no salt) are not there."""
    if not entry.salt:
        return entry.note is None and entry.metadata is None
    return entry.note_commitment == commitment(
        entry.salt, entry.note
    ) and entry.metadata_commitment == commitment(entry.salt, entry.metadata)


def _digest_agrees(entry: Entry) -> bool:
    """A usage entry moves exactly what its logs cost, a repricing what they cost more or less.

    Every other entry has no logs.
    """
    rows = entry.digest
    credits = sum(row.sums.credits for row in rows)
    requests = sum(row.sums.requests for row in rows)
    if entry.reason == "usage":
        return (credits, requests) == (entry.amount, len(entry.log_ids))
    if entry.reason == "adjustment" and entry.log_ids:
        return (credits, requests) == (-entry.signed_amount, 0)
    return not rows and not entry.log_ids
