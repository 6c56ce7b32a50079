"""The proof of an account: its journal recomputed, to its head or to a moment in the past."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from functions.transactions.service import AccountOf
from shared.domain.calendar import LAST_MS
from shared.domain.head import Head
from shared.domain.journal import Entry, Proven
from shared.domain.seals import SEALED_FROM
from shared.ports.accounts import Accounts


@dataclass(frozen=True, slots=True)
class Proof:
    """What a recomputation found; `first_bad_seq` is None when all agrees.

    `entries`, `balance` and `hash` are what is recorded, by the head or by the last entry of the moment.
    `first_seq` is the entry that the recomputation began at.
    """

    entries: int
    balance: int
    recomputed_balance: int
    hash: bytes
    first_bad_seq: int | None
    first_seq: int = 1


class VerifyAccount:
    """Recomputes accounts: from the first entry, or long ones from the latest seal that holds."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def now(self, account: AccountOf) -> Proof:
        """Recompute an account, and hold it against its head."""
        head = account.head
        start = self._start(account, LAST_MS)
        proven, bad, beyond = _walk(self._entries(head, start), start, head.seq)
        if bad is None and proven != _state(head):
            bad = min(proven.seq + 1, head.seq)
        if bad is None and beyond:
            latest = self._accounts.head(head.workspace_id, head.account_id)
            if latest is None or latest.seq == head.seq:
                bad = head.seq + 1
        return Proof(head.seq, head.balance, proven.balance, head.hash, bad, start.seq + 1)

    def at(self, account: AccountOf, at_ms: int) -> Proof:
        """Recompute an account as of an instant, that millisecond included.

        The entry after that moment has to follow from the last one before it. Where there is none, the head
        has to be the last one.
        """
        head = account.head
        start = recorded = proven = self._start(account, at_ms)
        bad: int | None = None
        for entry in self._entries(head, start):
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
        return Proof(
            recorded.seq, recorded.balance, proven.balance, recorded.hash, bad, start.seq + 1
        )

    def _start(self, account: AccountOf, at_ms: int) -> Proven:
        """The state to go on from: the latest seal of an account that is long, up to an instant."""
        head, secret = account.head, account.workspace.secret
        workspace_id, account_id = head.workspace_id, head.account_id
        if head.seq > SEALED_FROM:
            for seal in self._accounts.seals(workspace_id, account_id):
                state = seal.state
                if state.seq < SEALED_FROM:
                    break
                fits = state.seq <= head.seq and state.created_ms <= at_ms
                if fits and seal.holds(secret, workspace_id, account_id):
                    return state
        return Proven()

    def _entries(self, head: Head, start: Proven) -> Iterable[Entry | None]:
        first = start.seq + 1
        return self._accounts.readable_entries(head.workspace_id, head.account_id, first)


def _walk(
    entries: Iterable[Entry | None], proven: Proven, last: int
) -> tuple[Proven, int | None, bool]:
    """What entries prove up to `last`, the first that does not follow, and whether there are more."""
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
