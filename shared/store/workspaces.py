"""Workspaces, their own prices and their registered customers, in the table."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice
from typing import Final

from shared.domain.errors import (
    AlreadyExistsError,
    ConflictRetryError,
    NotFoundError,
    ValidationFailedError,
    WorkspaceInUseError,
)
from shared.domain.fingerprint import Members
from shared.domain.ids import RandomBytes
from shared.domain.pricing import MAX_WORKSPACE_PRICES, WorkspacePrice
from shared.domain.workspace import Customer, Workspace
from shared.ports.pages import Page
from shared.store.directory import ERASED_MEANWHILE, DynamoDirectory, directory_note
from shared.store.idempotency import Once, commit_once
from shared.store.schema import OPS, PK, WORKSPACES, customer_key, prices_key, workspace_key
from shared.store.table import (
    NEW_ITEM,
    Absent,
    AllOf,
    ConditionFailedError,
    Delete,
    Equal,
    Present,
    Put,
    Query,
    Table,
    TransactionCanceledError,
    Update,
    Write,
    number,
    rows,
    text,
    texts,
)
from shared.store.workspace_items import (
    customer_from,
    customer_item,
    prices_from,
    prices_item,
    workspace_from,
    workspace_item,
)

__all__ = ["DynamoWorkspaces", "mark_in_use", "prices_from", "workspace_from"]

OPERATORS: Final = ""
"""Idempotency keys of new workspaces are no workspace's. No workspace has an empty id."""

CREATE_SCOPE: Final = "workspaces"
FIXED: Final = ("currency", "timezone")
"""Settings that cannot change once there are logs."""

ATTEMPTS: Final = 8
"""Writers of a workspace's prices or customers overtake each other rarely; each try is short."""

CUSTOMERS_TOTAL: Final = "TOTAL"
"""Sort key of the count of a workspace's customers: sorts before every account id."""

ROWS_AT_ONCE: Final = 1000
"""Customers read in one go on the way to a later page."""

LEAVING: Final = "lv"
"""Attribute of a workspace's addresses that are to be taken off the topic."""

FIRST_ACCOUNT: Final = "acct_"


def mark_in_use(workspace: Workspace) -> Update:
    """The write that goes with a workspace's first log and fixes its time zone and currency.

    Its condition fails when one of them is not what was read.
    """
    return Update(
        workspace_key(workspace.workspace_id),
        assign={"iu": True},
        condition=AllOf((Equal("tz", workspace.timezone), Equal("cu", workspace.currency))),
    )


class DynamoWorkspaces:
    """`Workspaces` in the table."""

    def __init__(self, table: Table, random_bytes: RandomBytes = os.urandom) -> None:
        self._table = table
        self._random_bytes = random_bytes
        self._directory = DynamoDirectory(table)

    def get(self, workspace_id: str) -> Workspace:
        """Read a workspace, consistently.

        Raises:
            NotFoundError: there is none.
        """
        item = self._table.get(workspace_key(workspace_id))
        if item is None:
            raise NotFoundError("There is no such workspace.")
        return workspace_from(item)

    def create(self, workspace: Workspace) -> None:
        """Write a new workspace.

        Raises:
            AlreadyExistsError: the id is taken.
        """
        try:
            self._table.write(Put(workspace_item(workspace), NEW_ITEM))
        except ConditionFailedError as error:
            raise _taken(workspace) from error

    def create_once(self, workspace: Workspace, key: str, body: Members) -> str | None:
        """Write a new workspace under an idempotency key.

        Returns None when it was written now, else the id of the one that was made under this key.

        Raises:
            AlreadyExistsError: the id is taken.
            IdempotencyConflictError: the key was used with another body.
        """
        once = Once(OPERATORS, CREATE_SCOPE, key, body)
        put = Put(workspace_item(workspace), NEW_ITEM)
        try:
            return commit_once(self._table, once, workspace.workspace_id, [put], self._random_bytes)
        except TransactionCanceledError as error:
            raise _taken(workspace) from error

    def replace(self, workspace: Workspace, expected: Workspace) -> None:
        """Write changed settings over the ones read before, as version `expected.version` + 1.

        Only what differs is written, so the mark of the first log is never taken back. Mail addresses
        that are no longer there are kept in mind until `forget_leaving`.

        Raises:
            ConflictRetryError: they changed in between.
            WorkspaceInUseError: currency or time zone changed and there are logs.
        """
        old, new = workspace_item(expected), workspace_item(workspace)
        new["ve"] = expected.version + 1
        if workspace.alert_emails != expected.alert_emails:
            known = {*self.leaving(workspace.workspace_id), *expected.alert_emails}
            new[LEAVING] = sorted(known - {*workspace.alert_emails})
        fixed = [name for name in FIXED if getattr(workspace, name) != getattr(expected, name)]
        unread = Equal("ve", expected.version)
        update = Update(
            workspace_key(workspace.workspace_id),
            assign={n: v for n, v in new.items() if n != "iu" and old.get(n) != v},
            remove=tuple(sorted(old.keys() - new.keys() - {"iu"})),
            condition=AllOf((unread, Absent("iu"))) if fixed else unread,
        )
        try:
            self._table.write(update)
        except ConditionFailedError as error:
            if fixed and error.item is not None and "iu" in error.item:
                raise WorkspaceInUseError([f"/{name}" for name in fixed]) from error
            raise ConflictRetryError("The settings were changed meanwhile.") from error

    def leaving(self, workspace_id: str) -> tuple[str, ...]:
        """Mail addresses that were taken out of the settings and may still get the alerts."""
        item = self._table.get(workspace_key(workspace_id))
        return () if item is None else texts(item, LEAVING)

    def forget_leaving(self, workspace: Workspace) -> bool:
        """Note that the addresses taken out get no more alerts; False when the settings changed."""
        update = Update(
            workspace_key(workspace.workspace_id),
            remove=(LEAVING,),
            condition=Equal("ve", workspace.version),
        )
        try:
            self._table.write(update)
        except ConditionFailedError:
            return False
        return True

    def list_after(self, after: str | None, limit: int) -> Page[Workspace]:
        """Workspaces in order of their ids. A new one shows after a moment: an index has them."""
        start = None
        if after is not None:
            start = {**workspace_key(after), OPS.partition_key: WORKSPACES, OPS.sort_key: after}
        page = self._table.query(Query(WORKSPACES, OPS, limit=limit, after=start))
        workspaces = [workspace_from(item) for item in page.items]
        more = page.next_key is not None and workspaces
        return Page(workspaces, workspaces[-1].workspace_id if more else None)

    def prices(self, workspace_id: str) -> tuple[WorkspacePrice, ...]:
        """The workspace's own prices, by service, model and effective time."""
        return prices_from(self._table.get(prices_key(workspace_id)))

    def put_price(self, workspace_id: str, price: WorkspacePrice) -> None:
        """Add a price; one of the same service, model and effective time is replaced.

        Raises:
            ValidationFailedError: the workspace has as many prices as it can.
            ConflictRetryError: others kept changing the prices.
        """
        for _ in range(ATTEMPTS):
            item = self._table.get(prices_key(workspace_id))
            prices = {_identity(known): known for known in prices_from(item)}
            prices[_identity(price)] = price
            if len(prices) > MAX_WORKSPACE_PRICES:
                raise ValidationFailedError.of(
                    "", f"a workspace has at most {MAX_WORKSPACE_PRICES} prices"
                )
            version = 0 if item is None else number(item, "ve")
            ordered = tuple(prices[identity] for identity in sorted(prices))
            condition = NEW_ITEM if item is None else Equal("ve", version)
            try:
                self._table.write(Put(prices_item(workspace_id, ordered, version + 1), condition))
            except ConditionFailedError:
                continue
            return
        raise ConflictRetryError("Others kept changing the prices; please repeat.")

    def customer(self, workspace_id: str, account_id: str) -> Customer | None:
        """A customer's registration."""
        item = self._table.get(customer_key(workspace_id, account_id))
        if item is None:
            return None
        return customer_from(item, self._directory.user_of(workspace_id, account_id))

    def put_customer(self, workspace_id: str, customer: Customer) -> None:
        """Register a customer, or change one. Their user id goes into the directory.

        Raises:
            ConflictRetryError: others kept registering customers, or the user was erased meanwhile.
        """
        item = customer_item(workspace_id, customer)
        known = directory_note(workspace_id, customer.account_id, customer.user_id)
        total = Update(customer_key(workspace_id, CUSTOMERS_TOTAL), add={"n": 1})
        for _ in range(ATTEMPTS):
            key = customer_key(workspace_id, customer.account_id)
            writes: list[Write] = [known, Put(item, NEW_ITEM), total]
            if self._table.get(key) is not None:
                writes = [known, Put(item, Present(PK))]
            try:
                self._table.transact(writes, self._random_bytes(16).hex())
            except TransactionCanceledError as error:
                if error.reasons[0].condition_failed:
                    raise ConflictRetryError(ERASED_MEANWHILE) from error
                continue
            return
        raise ConflictRetryError("Others kept registering customers; please repeat.")

    def remove_customer(self, workspace_id: str, account_id: str) -> None:
        """End a customer's registration. Repeating it changes nothing."""
        for _ in range(ATTEMPTS):
            key = customer_key(workspace_id, account_id)
            if self._table.get(key) is None:
                return
            total = Update(customer_key(workspace_id, CUSTOMERS_TOTAL), add={"n": -1})
            with suppress(TransactionCanceledError):
                self._table.transact(
                    [Delete(key, Present(PK)), total], self._random_bytes(16).hex()
                )
        raise ConflictRetryError("Others kept registering customers; please repeat.")

    def customers_after(
        self,
        workspace_id: str,
        after: str | None,
        limit: int,
        *,
        skip: int = 0,
        descending: bool = False,
    ) -> Page[Customer]:
        """Customers in order of their account ids, less the first `skip`."""
        query = Query(
            customer_key(workspace_id, FIRST_ACCOUNT)["pk"],
            prefix=FIRST_ACCOUNT,
            descending=descending,
            limit=min(skip + limit + 1, ROWS_AT_ONCE),
            after=None if after is None else {**customer_key(workspace_id, after)},
        )
        items = list(islice(rows(self._table, query), skip, skip + limit + 1))
        shown = {text(item, "sk"): item for item in items[:limit]}
        users = self._directory.users_of(workspace_id, list(shown))
        customers = [customer_from(item, users.get(account)) for account, item in shown.items()]
        return Page(customers, customers[-1].account_id if len(items) > limit else None)

    def customers_total(self, workspace_id: str) -> int:
        """How many customers are registered."""
        item = self._table.get(customer_key(workspace_id, CUSTOMERS_TOTAL))
        return 0 if item is None else number(item, "n")


def _taken(workspace: Workspace) -> AlreadyExistsError:
    taken = f"There is a workspace {workspace.workspace_id} already."
    return AlreadyExistsError(taken, "/workspaceId")


def _identity(price: WorkspacePrice) -> tuple[str, str, int]:
    return price.service, price.model or "", price.effective_ms
