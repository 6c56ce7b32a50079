"""API keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from shared.domain.workspace import ApiKey


class ApiKeys(Protocol):
    """API keys."""

    def get(self, workspace_id: str, key_id: str) -> ApiKey | None:
        """Read a key, consistently."""

    def create(self, key: ApiKey, idempotency_key: str | None, body: Mapping[str, str]) -> ApiKey:
        """Write a new key; a repeat under the same idempotency key gives the first one back.

        Raises:
            IdempotencyConflictError: the idempotency key was used with another body.
        """

    def revoke(self, workspace_id: str, key_id: str, at_ms: int) -> bool:
        """Revoke a key; False when there is none. Repeating it changes nothing."""

    def list(self, workspace_id: str) -> list[ApiKey]:
        """All keys of a workspace, revoked ones included."""
