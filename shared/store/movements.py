"""Posting credits by hand on one account: once under a key, and refunds bound to what they refund."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from shared.domain.errors import TallyError, UnavailableError, ValidationFailedError
from shared.domain.head import Head
from shared.domain.ids import split_transaction_id, transaction_id
from shared.domain.journal import Entry
from shared.domain.ledger import Movement, apply_movement
from shared.ports.ledger import Moved
from shared.ports.runtime import Clock
from shared.store.accounts import DynamoAccounts
from shared.store.commit import Committed, Extras, commit
from shared.store.directory import directory_put
from shared.store.idempotency import Once, made_before, record_put
from shared.store.race import Race
from shared.store.recording import moment
from shared.store.schema import SCHEMA_VERSION, refunded_key
from shared.store.snapshot import AccountState, read_snapshot
from shared.store.table import Absent, Equal, StoreUnavailableError, Table, Update, Write

SCOPE: Final = "admin-transactions"


class UserErasedError(Exception):
    """The user was erased while a movement was on its way: the same id is another account's now."""


class Posting:
    """One request's movement on one account."""

    def __init__(
        self, table: Table, clock: Clock, user_id: str, state: AccountState, key: str | None
    ) -> None:
        self._table = table
        self._clock = clock
        self._user_id = user_id
        self._terms = state.terms
        self._accounts = DynamoAccounts(table)
        self._key = key
        self._own_nonces: set[bytes] = set()
        self._head: Head = state.head

    def run(self, movement: Movement) -> Moved:
        """Post the movement, or find that it was posted before; see `shared.ports.ledger.Ledger`.

        Raises:
            UserErasedError: it is not posted, for the account is not that user's any more.
        """
        race = Race(self._clock)
        while True:
            race.begin()
            try:
                moved = self._attempt(movement, race)
            except StoreUnavailableError as error:
                raise UnavailableError(
                    "The transaction may or may not be posted; repeat it with an Idempotency-Key."
                ) from error
            if moved is not None:
                return moved

    def _attempt(self, movement: Movement, race: Race) -> Moved | None:
        """One try; None when others were faster."""
        now = moment(self._clock)
        try:
            bound, guards = self._bound(movement)
            applied = apply_movement(self._head, bound, self._terms, now)
        except TallyError:
            repeat = self._repeat(movement)
            if repeat is not None:
                return repeat
            raise
        assert applied.entry is not None
        self._own_nonces.add(now.nonce)
        extras = self._extras(movement, applied.entry, guards)
        result = commit(self._table, self._clock, applied, self._head, extras)
        if isinstance(result, Committed):
            return Moved(applied.entry, applied.head, replayed=False)
        repeat = self._repeat(movement) or self._own_commit()
        if repeat is not None:
            return repeat
        self._read()
        race.lost()
        return None

    def _extras(self, movement: Movement, entry: Entry, guards: tuple[Write, ...]) -> Extras:
        once = self._once(movement)
        claims: tuple[Write, ...] = ()
        if once is not None:
            claims = (record_put(once, transaction_id(entry.account_id, entry.seq), entry.nonce),)
        if self._head.seq == 0:
            account_id = self._head.account_id
            guards += (directory_put(self._head.workspace_id, account_id, self._user_id),)
        return Extras(claims, guards, self._key)

    def _once(self, movement: Movement) -> Once | None:
        if self._key is None:
            return None
        return Once(self._head.workspace_id, SCOPE, self._key, movement.members)

    def _repeat(self, movement: Movement) -> Moved | None:
        """What an earlier request under the key made; None when there was none.

        Raises:
            IdempotencyConflictError: it came with another body.
        """
        once = self._once(movement)
        made = None if once is None else made_before(self._table, once)
        if made is None:
            return None
        found = split_transaction_id(made)
        assert found is not None
        return self._moved(*found)

    def _own_commit(self) -> Moved | None:
        """Our own entry, when an attempt of ours went through after all and its answer got lost."""
        entry = self._accounts.entry(
            self._head.workspace_id, self._head.account_id, self._head.seq + 1
        )
        if entry is None or entry.nonce not in self._own_nonces:
            return None
        return self._moved(entry.account_id, entry.seq)

    def _moved(self, account_id: str, seq: int) -> Moved:
        workspace_id = self._head.workspace_id
        entry = self._accounts.entry(workspace_id, account_id, seq)
        head = self._accounts.head(workspace_id, account_id)
        assert entry is not None
        assert head is not None
        return Moved(entry, head, replayed=entry.nonce not in self._own_nonces)

    def _read(self) -> None:
        """Read head and settings anew, together: a race can last while the settings change.

        Raises:
            UserErasedError: the account is not that user's any more.
        """
        workspace_id, account_id = self._head.workspace_id, self._head.account_id
        snapshot = read_snapshot(self._table, self._clock, workspace_id, [account_id])
        state = snapshot.accounts[account_id]
        if state.head.erased and self._user_id != account_id:
            raise UserErasedError
        self._head, self._terms = state.head, state.terms

    def _bound(self, movement: Movement) -> tuple[Movement, tuple[Write, ...]]:
        """A refund bound to the entry it refunds, with the write that keeps the sum of its refunds.

        Raises:
            ValidationFailedError: there is no such usage transaction of this user.
        """
        if movement.refund_of is None:
            return movement, ()
        head = self._head
        found = split_transaction_id(movement.refund_of)
        refunded = None
        if found is not None and found[0] == head.account_id:
            refunded = self._accounts.entry(head.workspace_id, head.account_id, found[1])
        if refunded is None or refunded.reason != "usage":
            message = "must be the id of a usage transaction of this user"
            raise ValidationFailedError.of("/refundOf", message)
        of = (head.workspace_id, head.account_id, refunded.seq)
        so_far = self._accounts.refunded(*of)
        guard = Update(
            refunded_key(*of),
            assign={"v": SCHEMA_VERSION, "am": so_far + movement.amount},
            condition=Equal("am", so_far) if so_far else Absent("am"),
        )
        return replace(movement, refundable=refunded.amount, refunded=so_far), (guard,)
