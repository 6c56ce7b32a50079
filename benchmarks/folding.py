"""Journals in a table beside the deployed one, and the function that folds them, in this process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from benchmarks.deployed import environments, silenced
from benchmarks.invoking import Context
from functions.aggregate.schemas import Handler
from functions.aggregate.settings import Settings
from local.cloud import Cloud
from shared.adapters.clock import SystemClock
from shared.domain.journal import Entry
from shared.store.dynamo import DynamoTable
from shared.store.items import entry_item
from shared.store.ledger import DynamoLedger
from shared.store.wire import dynamodb_wire
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage, a_workspace
from tests.fakes.stream import stream_record
from tests.tables import create_table

Record = dict[str, Any]


class Folder:
    """A table of its own with accounts of one workspace, each of which has a log that is folded."""

    context: Final = Context()

    def __init__(self, cloud: Cloud, accounts: int) -> None:
        self._name = f"bench-folding-{secrets.token_hex(4)}"
        create_table(cloud.dynamodb, self._name)
        self._environment = environments(cloud)["aggregate"] | {"TABLE_NAME": self._name}
        self._accounts = accounts
        self._made = 0
        with patch.dict(os.environ, self._environment):
            clock = SystemClock()
            table = DynamoTable(dynamodb_wire(clock), self._name)
            DynamoWorkspaces(table).create(a_workspace(enforce_credits=False))
            self._ledger = DynamoLedger(table, clock)
        records = self.record(accounts)
        with self.handler() as handler:
            handler({"Records": records}, self.context)

    def record(self, entries: int) -> list[Record]:
        """Commit so many logs one by one, all accounts in turn, and give the stream's records of them."""
        found = [self._commit(at % self._accounts) for at in range(entries)]
        return [stream_record(entry_item(entry), number=at + 1) for at, entry in enumerate(found)]

    def _commit(self, account: int) -> Entry:
        self._made += 1
        user = f"user-{account}"
        usage = a_usage(f"log-{self._made:032d}", user_id=user)
        (outcome,) = self._ledger.record(WORKSPACE, [usage]).outcomes
        assert outcome.entry is not None, outcome.error
        return outcome.entry

    @contextmanager
    def handler(self) -> Iterator[Handler]:
        """The function, on this table; what it prints is dropped."""
        with patch.dict(os.environ, self._environment), silenced():
            from functions.aggregate import handler  # noqa: PLC0415 - it reads the environment

            yield handler.build(Settings.read())
