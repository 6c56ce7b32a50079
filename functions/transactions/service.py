"""Balances and transactions: posting, reading, proving."""

from __future__ import annotations

from dataclasses import dataclass, replace

from functions.transactions.pages import JournalPage, JournalPages, Selection
from shared.domain.errors import NotFoundError
from shared.domain.head import ZERO, Head
from shared.domain.ids import ACCOUNT_ID, split_transaction_id
from shared.domain.journal import Entry, EntryType, Reason, kinds_of, verify
from shared.domain.ledger import Movement
from shared.domain.workspace import Workspace
from shared.http.params import Paging
from shared.ports import Accounts, Directory, Ledger, Moved, Workspaces


@dataclass(frozen=True, slots=True)
class AccountOf:
    """An account as a caller meets it. `head` has `seq` 0 before the first movement."""

    workspace: Workspace
    head: Head
    user_id: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which transactions: a half-open range of `createdAt` in ms, a type, a reason."""

    start_ms: int | None = None
    end_ms: int | None = None
    type: EntryType | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a recomputation of an account found; `first_bad_seq` is None when all agrees."""

    verified: bool
    entries: int
    balance: int
    recomputed_balance: int
    head_hash: bytes
    first_bad_seq: int | None


class Transactions:
    """The use cases of accounts and transactions."""

    def __init__(
        self, ledger: Ledger, accounts: Accounts, workspaces: Workspaces, directory: Directory
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._workspaces = workspaces
        self._directory = directory

    def account(self, workspace_id: str, user_id: str) -> AccountOf:
        """A user's account, new when there has been no movement."""
        workspace = self._workspaces.get(workspace_id)
        account_id = self._directory.account_of(workspace, user_id)
        head = self._accounts.head(workspace_id, account_id) or Head(workspace_id, account_id)
        shown = user_id
        if ACCOUNT_ID.fullmatch(user_id):
            shown = self._directory.user_of(workspace_id, account_id) or user_id
        return AccountOf(workspace, head, shown)

    def known_account(self, workspace_id: str, user_id: str) -> AccountOf:
        """A user's account that has had a movement.

        Raises:
            NotFoundError: it has had none.
        """
        account = self.account(workspace_id, user_id)
        if account.head.seq == 0:
            raise NotFoundError("There is no such account.")
        return account

    def account_at(self, workspace_id: str, user_id: str, at_ms: int) -> AccountOf:
        """An account as it stood at an instant, that millisecond included.

        Raises:
            NotFoundError: there is no such account.
        """
        account = self.known_account(workspace_id, user_id)
        return replace(account, head=self._head_at(account.head, at_ms))

    def _head_at(self, head: Head, at_ms: int) -> Head:
        """The head after the last entry up to an instant. Its counters are not kept, so they are 0."""
        seq = self._accounts.last_seq_before(head, at_ms + 1)
        if seq == head.seq:
            return head
        if seq == 0:
            return Head(head.workspace_id, head.account_id)
        entry = self._accounts.entry(head.workspace_id, head.account_id, seq)
        assert entry is not None, "the journal has no holes"
        return replace(
            head,
            seq=seq,
            balance=entry.balance_after,
            totals=entry.totals,
            hash=entry.hash,
            last_created_ms=entry.created_ms,
            day="",
            today=ZERO,
            tomorrow=ZERO,
            month="",
            this_month=ZERO,
            following=ZERO,
        )

    def post(
        self, workspace_id: str, user_id: str, movement: Movement, key: str | None
    ) -> tuple[Moved, AccountOf]:
        """Post credits by hand, once under a key."""
        moved = self._ledger.move(workspace_id, user_id, movement, key)
        return moved, replace(self.account(workspace_id, user_id), head=moved.head)

    def page(
        self, account: AccountOf, where: Filter, paging: Paging, *, descending: bool
    ) -> JournalPage:
        """A page of an account's transactions."""
        head = account.head
        first, last = 1, head.seq
        if where.start_ms is not None:
            first = self._accounts.last_seq_before(head, where.start_ms) + 1
        if where.end_ms is not None:
            last = self._accounts.last_seq_before(head, where.end_ms)
        if last < first:
            return JournalPage([], 0, None)
        selection = Selection(head, first, last, kinds_of(where.reason, where.type))
        pages = JournalPages(self._accounts, selection)
        after = None if paging.cursor is None else int(paging.cursor)
        return pages.page(
            offset=paging.offset, limit=paging.limit, descending=descending, after=after
        )

    def one(self, workspace_id: str, transaction_id: str, owner: str | None) -> tuple[Entry, str]:
        """A transaction and its user's id. `owner` is the user who may see only their own.

        Raises:
            NotFoundError: there is none, or it is another user's.
        """
        found = split_transaction_id(transaction_id)
        if found is None:
            raise NotFoundError("There is no such transaction.")
        account_id, seq = found
        if owner is not None and self.account(workspace_id, owner).head.account_id != account_id:
            raise NotFoundError("There is no such transaction.")
        entry = self._accounts.entry(workspace_id, account_id, seq)
        if entry is None:
            raise NotFoundError("There is no such transaction.")
        return entry, self._directory.user_of(workspace_id, account_id) or account_id

    def verify(self, workspace_id: str, user_id: str, at_ms: int | None) -> Proof:
        """Recompute an account from its first entry, to its head or to an instant.

        Raises:
            NotFoundError: there is no such account.
        """
        head = self.known_account(workspace_id, user_id).head
        if at_ms is not None:
            head = self._head_at(head, at_ms)
        entries = (
            entry
            for entry in self._accounts.readable_entries(workspace_id, head.account_id)
            if entry is None or entry.seq <= head.seq
        )
        found = verify(entries)
        first_bad = found.first_bad_seq
        agrees = (found.entries, found.balance, found.head_hash) == (
            head.seq,
            head.balance,
            head.hash,
        )
        if first_bad is None and not agrees:
            first_bad = min(found.entries + 1, head.seq)
        return Proof(
            first_bad is None,
            found.entries,
            head.balance,
            found.balance,
            head.hash,
            first_bad,
        )
