"""A workspace in moto with API keys, and calls of the real handlers as a backend makes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from shared.domain.credentials import new_api_key, secret_hash
from shared.domain.workspace import ApiKey, Workspace
from shared.http.app import App
from shared.routes import SCOPES
from shared.store.api_keys import DynamoApiKeys
from shared.store.table import Table
from shared.store.workspaces import DynamoWorkspaces
from tests.client import Answer, Client
from tests.fakes.clock import START_MS


class Backend:
    """One workspace and a key of it that carries `scopes`."""

    def __init__(
        self,
        table: Table,
        workspace_id: str = "acme",
        scopes: tuple[str, ...] = SCOPES,
        **settings: Any,
    ) -> None:
        self.table = table
        self.workspace_id = workspace_id
        # Handlers remember a workspace's secret, as it never changes: not between tests either.
        secret = workspace_id.encode().ljust(32, b".")
        self.workspace = Workspace(workspace_id, "Acme", secret, START_MS, **settings)
        DynamoWorkspaces(table).create(self.workspace)
        self.key = self.new_key(scopes)

    def new_key(self, scopes: tuple[str, ...]) -> str:
        """The credential of another key."""
        credential = new_api_key(self.workspace_id, os.urandom)
        key = ApiKey(
            self.workspace_id,
            credential.key_id,
            "test",
            scopes,
            secret_hash(credential.secret),
            START_MS,
        )
        DynamoApiKeys(self.table).create(key, None, {})
        return str(credential)

    def call(
        self,
        handler: App,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        idempotency_key: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call a handler with the workspace's key (or another)."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        client = Client(handler, key or self.key)
        return client.send(method, path, body, query=query, headers=headers)
