"""The list of a workspace's accounts, by the users' ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from functions.transactions.days import TransactionDays
from functions.transactions.service import AccountOf
from shared.domain.workspace import Workspace
from shared.http.params import Paging, refused
from shared.ports.accounts import Accounts
from shared.ports.directory import AccountLists, Listed

MAX_WALKED: Final = 10_000
"""Accounts that are counted under a prefix, or passed to reach a page: about a megabyte of ids."""

ACCOUNT_BEGINNING: Final = re.compile(r"acct_[0-9a-f]{0,20}", re.ASCII)
PLACE: Final = re.compile(r"([ua]) (.{1,128})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Some accounts, how many there are in all (`capped`: at least so many), and the key to go on from."""

    accounts: list[AccountOf]
    total: int
    capped: bool
    next_key: str | None


class ListAccounts:
    """Lists accounts that have moved, in the order of the ids they are looked for by.

    An id that begins like an account's own is also looked for among those; such accounts come after (in
    descending order before) the users whose ids begin so.
    """

    def __init__(self, lists: AccountLists, accounts: Accounts, days: TransactionDays) -> None:
        self._lists = lists
        self._accounts = accounts
        self._days = days

    def page(
        self, workspace: Workspace, prefix: str, paging: Paging, *, descending: bool
    ) -> AccountPage:
        """A page of the accounts whose id starts so.

        Raises:
            ValidationFailedError: the cursor is of another list, or the page lies too deep.
        """
        if paging.cursor is None and paging.offset > MAX_WALKED:
            raise refused("page", f"lies beyond {MAX_WALKED} accounts; go on by cursor")
        skip = 0 if paging.cursor is not None else paging.offset
        rows = self._rows(workspace.workspace_id, prefix, paging.cursor, descending=descending)
        found = list(islice(rows, skip, skip + paging.limit + 1))
        shown = found[: paging.limit]
        total, capped = self._total(workspace, prefix)
        return AccountPage(
            self._opened(workspace, [row for _, row in shown]),
            total,
            capped,
            shown[-1][0] if len(found) > paging.limit else None,
        )

    def _total(self, workspace: Workspace, prefix: str) -> tuple[int, bool]:
        if not prefix:
            return self._days.opened(workspace), False
        rows = self._rows(workspace.workspace_id, prefix, None, descending=False)
        counted = sum(1 for _ in islice(rows, MAX_WALKED + 1))
        return min(counted, MAX_WALKED), counted > MAX_WALKED

    def _rows(
        self, workspace_id: str, prefix: str, cursor: str | None, *, descending: bool
    ) -> Iterator[tuple[str, Listed]]:
        """`(key to go on from, account)`: by the users' ids, then by the accounts' own."""
        begin, after = _place(cursor)
        parts = "ua" if ACCOUNT_BEGINNING.fullmatch(prefix) else "u"
        ordered = parts[::-1] if descending else parts
        for part in ordered[max(ordered.find(begin), 0) :]:
            key = after if part == begin else None
            if part == "u":
                users = self._lists.listed(workspace_id, prefix, key, descending=descending)
                yield from ((f"u {row.name}", row) for row in users)
            else:
                accounts = self._lists.listed_by_account(
                    workspace_id, prefix, key, descending=descending
                )
                yield from ((f"a {row.account_id}", row) for row in accounts)

    def _opened(self, workspace: Workspace, rows: list[Listed]) -> list[AccountOf]:
        heads = self._accounts.heads(workspace.workspace_id, [row.account_id for row in rows])
        return [
            AccountOf(workspace, heads[row.account_id], row.name)
            for row in rows
            if row.account_id in heads
        ]


def _place(cursor: str | None) -> tuple[str, str | None]:
    """The part of the list that a cursor is in (empty: the first), and the id it has come to."""
    if cursor is None:
        return "", None
    match = PLACE.fullmatch(cursor)
    if match is None:
        raise refused("cursor", "is not a cursor of this list")
    return match[1], match[2]
