"""Callers of a handler that takes the test issuer's tokens."""

from __future__ import annotations

from tests.client import Client, Handler
from tests.issuer import person


class People:
    """Everybody who may call a handler."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def anybody(self) -> Client:
        """Without a credential."""
        return Client(self._handler)

    def key(self, credential: str) -> Client:
        """A service with an API key."""
        return Client(self._handler, credential)

    def user(self, user_id: str = "alice", workspace: str = "acme") -> Client:
        """A user."""
        return Client(self._handler, person("user", user_id, workspace))

    def admin(self, workspace: str = "acme") -> Client:
        """An admin of a workspace."""
        return Client(self._handler, person("admin", "ada", workspace))

    def operator(self) -> Client:
        """An operator, of no workspace."""
        return Client(self._handler, person("operator", "olga", None))
