"""The books in the table: usage recorded and credits posted, each in one transaction an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.domain.errors import NotFoundError, ValidationFailedError
from shared.domain.head import Head
from shared.domain.ids import ACCOUNT_ID
from shared.domain.ledger import Movement
from shared.domain.usage import Usage
from shared.ports.ledger import Moved, Outcome, RecordedRows
from shared.ports.runtime import Clock, Spread
from shared.store.movements import Posting, UserErasedError
from shared.store.recording import Recording
from shared.store.schema import workspace_key
from shared.store.snapshot import Snapshot, read_users
from shared.store.table import Table
from shared.store.workspace_items import workspace_from

MAX_REMEMBERED_SECRETS: Final = 10_000


class DynamoLedger:
    """The `Ledger` in the table. `spread` commits the accounts of one batch, each on its own."""

    def __init__(self, table: Table, clock: Clock, spread: Spread = map) -> None:
        self._table = table
        self._clock = clock
        self._spread = spread
        self._secrets: dict[str, bytes] = {}

    def record(self, workspace_id: str, rows: Sequence[Usage]) -> RecordedRows:
        """Record usage rows whose ids are all different; see `shared.ports.ledger.Ledger`."""
        assert len({row.log_id for row in rows}) == len(rows)
        by_user: dict[str, list[Usage]] = {}
        for row in rows:
            by_user.setdefault(row.user_id, []).append(row)
        secret = self._secret(workspace_id)
        snapshot, accounts = read_users(self._table, self._clock, workspace_id, secret, by_user)
        by_account: dict[str, list[Usage]] = {}
        for user_id, own_rows in by_user.items():
            by_account.setdefault(accounts[user_id], []).extend(own_rows)
        outcomes: dict[str, Outcome] = {}
        heads: dict[str, Head] = {}
        left: list[Usage] = []

        def run(account_id: str) -> None:
            recording = self._recording(snapshot, account_id, by_account[account_id])
            heads[account_id] = snapshot.accounts[account_id].head
            if recording is None:
                error = ValidationFailedError.of("/userId", "is not an account of this workspace")
                for row in by_account[account_id]:
                    outcomes[row.log_id] = Outcome("rejected", error=error)
                return
            left.extend(recording.run(by_account[account_id]))
            outcomes.update(recording.outcomes)
            heads[account_id] = recording.head

        spread = self._spread if len(by_account) > 1 else map
        for _ in spread(run, by_account):
            pass
        latest = {user_id: heads[account_id] for user_id, account_id in accounts.items()}
        if left:
            again = self.record(workspace_id, left)
            outcomes |= {row.log_id: it for row, it in zip(left, again.outcomes, strict=True)}
            latest |= again.heads
        return RecordedRows([outcomes[row.log_id] for row in rows], latest, snapshot.workspace)

    def _recording(
        self, snapshot: Snapshot, account_id: str, rows: Sequence[Usage]
    ) -> Recording | None:
        """The recording of an account's rows.

        None when only its own id was given and it has no books, or nobody is behind it any more.
        """
        user_id = next((r.user_id for r in rows if not ACCOUNT_ID.fullmatch(r.user_id)), None)
        head = snapshot.accounts[account_id].head
        if head.erased or (user_id is None and head.seq == 0):
            return None
        return Recording(
            self._table,
            self._clock,
            snapshot,
            account_id,
            user_id or account_id,
            among_others=len(snapshot.accounts) > 1,
        )

    def move(self, workspace_id: str, user_id: str, movement: Movement, key: str | None) -> Moved:
        """Post credits by hand; see `shared.ports.ledger.Ledger`."""
        secret = self._secret(workspace_id)
        while True:
            snapshot, accounts = read_users(
                self._table, self._clock, workspace_id, secret, [user_id]
            )
            state = snapshot.accounts[accounts[user_id]]
            if ACCOUNT_ID.fullmatch(user_id) and state.head.seq == 0:
                raise ValidationFailedError.of("/userId", "is not an account of this workspace")
            try:
                return Posting(self._table, self._clock, user_id, state, key).run(movement)
            except UserErasedError:
                continue

    def _secret(self, workspace_id: str) -> bytes:
        """The key of the workspace's pseudonyms. It never changes, so it is remembered."""
        secret = self._secrets.get(workspace_id)
        if secret is None:
            item = self._table.get(workspace_key(workspace_id))
            if item is None:
                raise NotFoundError("There is no such workspace.")
            secret = workspace_from(item).secret
            if len(self._secrets) >= MAX_REMEMBERED_SECRETS:
                self._secrets.clear()
            self._secrets[workspace_id] = secret
        return secret
