"""A workspace with somebody in it whom everything knows, and what erases them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2s
from typing import Any, Final

from functions.erasure.service import ClearExports, EraseUsers
from shared.archive.rewriting import EraseTexts
from shared.domain.erasure import Erasure
from shared.domain.fingerprint import DIGEST_BYTES, Members, members_of
from shared.domain.journal import Entry, Verification, verify
from shared.domain.ledger import Movement
from shared.domain.usage import Usage
from shared.domain.workspace import Customer, Workspace
from shared.store.archives import DynamoArchives
from shared.store.erasures import DynamoErasures
from shared.store.table import Item, Table
from shared.store.versions import DynamoVersions
from shared.store.workspaces import DynamoWorkspaces
from tests.exports import ADMIN, PLENTY_MS, Desk
from tests.factories import WORKSPACE, a_usage

PERSON: Final = "mallory.archer@example.com"
SECRETS: Final = (
    PERSON,
    "Mallory Archer",
    "lives in Bern",
    "prefers-window-seats",
    "req-of-mallory",
    "paid by mallory's card",
    "invoice-7c3a",
)
"""What must be nowhere afterwards: the id, the name, metadata, request ids, notes."""


class MemoryErasureQueue:
    """Erasures that wait for a job."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, workspace_id: str, account_id: str) -> None:
        self.sent.append((workspace_id, account_id))


class Registry(Desk):
    """Books, exports and erasures over one table in memory."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"user_privacy": "visible"} | settings)
        self.erasure_queue = MemoryErasureQueue()
        self.erase = self.eraser(self.table)

    def eraser(self, table: Table) -> EraseUsers:
        """What erases users, on a table."""
        workspaces = DynamoWorkspaces(table, self.clock.random_bytes)
        return EraseUsers(
            DynamoErasures(table, workspaces, self.clock, map),
            workspaces,
            ClearExports(self.store, self.files),
            EraseTexts(DynamoArchives(table, map), self.bucket, self.clock),
            self.erasure_queue,
            DynamoVersions(table),
            self.clock,
        )

    def now_workspace(self) -> Workspace:
        """The workspace's settings as they are now."""
        self.workspace = self.workspaces.get(WORKSPACE)
        return self.workspace

    def account(self, user: str) -> str:
        """A user's account as it is now."""
        return self.directory.account_of(self.now_workspace(), user)

    def usage_of(self, log_id: str, user: str = PERSON, **changes: Any) -> Usage:
        """A log that says much of the user."""
        body = {
            "userId": user,
            "service": "chat",
            "requestId": "req-of-mallory",
            "metadata": {"note": "lives in Bern", "seat": "prefers-window-seats"},
        }
        members: dict[str, Any] = {
            "user_id": user,
            "request_id": body["requestId"],
            "metadata": json.dumps(body["metadata"]),
            "members": members_of(body),
            "occurred_ms": self.clock.now_ms(),
        }
        return a_usage(log_id, **members | changes)

    def post(self, user: str, key: str | None = None, **changes: Any) -> Entry:
        """Post credits with a note and metadata that say much."""
        body = {"userId": user, "amount": 50, "note": "paid by mallory's card"}
        members: dict[str, Any] = {
            "note": body["note"],
            "metadata": '{"invoice":"invoice-7c3a"}',
            "members": members_of(body),
        }
        movement = Movement("credit", "purchase", 50, **members | changes)
        return self.ledger.move(WORKSPACE, user, movement, key).entry

    def register(self, user: str, name: str) -> None:
        """Register a customer."""
        customer = Customer(self.account(user), user, name, active=True)
        self.workspaces.put_customer(WORKSPACE, customer)

    def settle_in(self, logs: int = 5) -> str:
        """Let the person leave traces everywhere; their account."""
        self.register(PERSON, "Mallory Archer")
        self.post(PERSON, key="purchase-1")
        self.record(*(self.usage_of(f"log-{n}") for n in range(logs)))
        self.post(PERSON)
        self.use("other-1", "bob", metadata='{"kept":true}')
        self.fold()
        account_id = self.account(PERSON)
        self.audited(f"user:{{{account_id}}}", resource=f"/api/admin/accounts/{{{account_id}}}")
        for ask in (self.usage, self.transactions, self.trail):
            ask(ADMIN)
        self.usage(ADMIN, userId=PERSON, format="parquet")
        self.analytics(ADMIN, kind="summary", groupBy="user")
        self.transactions(ADMIN, q="Bern mallory's")
        self.usage(ADMIN, userId="bob")
        return account_id

    def erased(self, user: str = PERSON) -> Erasure:
        """Erase a user and do every job that this makes."""
        erasure = self.erase.ask(WORKSPACE, user)
        self.work()
        return erasure

    def work(self) -> None:
        """Do the jobs that wait."""
        while self.erasure_queue.sent:
            workspace_id, account_id = self.erasure_queue.sent.pop(0)
            self.erase.go_on(workspace_id, account_id, PLENTY_MS)

    def traces(self) -> set[str]:
        """Which of the secrets stand anywhere in the table's raw items or in a file."""
        raw = [*map(raw_text, self.table.items()), *self.files.content.values()]
        return {secret for secret in SECRETS if any(secret.encode() in text for text in raw)}

    def entries_of(self, account_id: str) -> list[Entry]:
        """An account's journal."""
        head = self.accounts.head(WORKSPACE, account_id)
        assert head is not None
        return list(self.accounts.entries(WORKSPACE, account_id, 1, head.seq))

    def verified(self, account_id: str) -> Verification:
        """What a recomputation of an account's journal finds."""
        return verify(self.accounts.readable_entries(WORKSPACE, account_id, 1))

    def guessed(self, members: Members) -> set[str]:
        """Members of a body that somebody who reads the table could confirm by trying them out."""
        items = self.table.items()
        nonces = {value for item in items for value in _binaries(item) if len(value) == 16}
        raw = b"\0".join(map(raw_text, items))
        return {
            pointer
            for pointer, text in members.items()
            for nonce in nonces
            for digest in [blake2s(text.encode(), key=nonce, digest_size=DIGEST_BYTES).digest()]
            if digest in raw or digest.hex().encode() in raw
        }


def raw_text(item: Item) -> bytes:
    """Everything of an item, attribute names and keys included, as bytes."""
    parts: list[bytes] = []
    for name, value in item.items():
        parts.append(name.encode())
        values = value if isinstance(value, list | set) else [value]
        parts += [each if isinstance(each, bytes) else str(each).encode() for each in values]
    return b"\0".join(parts)


def _binaries(item: Item) -> Iterator[bytes]:
    return (value for value in item.values() if isinstance(value, bytes))
