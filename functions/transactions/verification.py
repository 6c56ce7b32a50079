"""The proof of an account: its journal recomputed, to its head or to a moment in the past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from functions.transactions.service import AccountOf
from shared.domain.head import Head
from shared.domain.journal import Entry, Proven
from shared.ports import Accounts


@dataclass(frozen=True, slots=True)
class Proof:
    """What a recomputation found; `first_bad_seq` is None when all agrees.

    `entries`, `balance` and `hash` are what is recorded, by the head or by the last entry of the moment.
    """

    entries: int
    balance: int
    recomputed_balance: int
    hash: bytes
    first_bad_seq: int | None


class VerifyAccount:
    """Recomputes accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def now(self, account: AccountOf) -> Proof:
        """Recompute an account, and hold it against its head."""
        head = account.head
        proven, bad, beyond = _walk(self._entries(head), head.seq)
        if bad is None and proven != _state(head):
            bad = min(proven.seq + 1, head.seq)
        if bad is None and beyond:
            latest = self._accounts.head(head.workspace_id, head.account_id)
            if latest is None or latest.seq == head.seq:
                bad = head.seq + 1
        return Proof(head.seq, head.balance, proven.balance, head.hash, bad)

    def at(self, account: AccountOf, at_ms: int) -> Proof:
        """Recompute an account as of an instant, that millisecond included.

        The entry after that moment has to follow from the last one before it. Where there is none, the head
        has to be the last one.
        """
        head = account.head
        proven, recorded = Proven(), Proven()
        bad: int | None = None
        for entry in self._entries(head):
            following = None if bad is not None else proven.after(entry)
            if following is None and bad is None:
                bad = proven.seq + 1
            if entry is None or entry.created_ms > at_ms:
                break
            recorded = Proven(entry.seq, entry.balance_after, entry.totals, entry.hash)
            proven = following or proven
        else:
            if bad is None and proven.seq <= head.seq and proven != _state(head):
                bad = min(proven.seq + 1, head.seq)
        return Proof(recorded.seq, recorded.balance, proven.balance, recorded.hash, bad)

    def _entries(self, head: Head) -> Iterable[Entry | None]:
        return self._accounts.readable_entries(head.workspace_id, head.account_id, 1)


def _walk(entries: Iterable[Entry | None], last: int) -> tuple[Proven, int | None, bool]:
    """What entries prove up to `last`, the first that does not follow, and whether there are more."""
    proven = Proven()
    for entry in entries:
        if proven.seq == last:
            return proven, None, True
        following = proven.after(entry)
        if following is None:
            return proven, proven.seq + 1, False
        proven = following
    return proven, None, False


def _state(head: Head) -> Proven:
    """What a head says that its journal proves."""
    return Proven(head.seq, head.balance, head.totals, head.hash, head.last_created_ms)
