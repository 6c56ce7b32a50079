"""Callers of one function by their credential: people with tokens, or services with keys."""

from __future__ import annotations

from collections.abc import Mapping

from shared.http.app import App
from tests.factories import LambdaContext, bearer, http_event
from tests.integration.backend import Answer, answer_of
from tests.issuer import person


class Caller:
    """Somebody who calls a handler; without a credential, anybody."""

    def __init__(self, handler: App, credential: str | None = None) -> None:
        self._handler = handler
        self._headers = {} if credential is None else bearer(credential)

    def get(self, path: str, **query: str) -> Answer:
        """GET."""
        return self.send("GET", path, query=query)

    def post(self, path: str, body: object, key: str | None = None, **query: str) -> Answer:
        """POST, under an `Idempotency-Key` if one is given."""
        headers = {} if key is None else {"idempotency-key": key}
        return self.send("POST", path, body, query=query, headers=headers)

    def put(self, path: str, body: object, **query: str) -> Answer:
        """PUT."""
        return self.send("PUT", path, body, query=query)

    def delete(self, path: str, **query: str) -> Answer:
        """DELETE."""
        return self.send("DELETE", path, query=query)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request."""
        sent = {**self._headers, **(headers or {})}
        event = http_event(method, path, query=query, headers=sent, body=body)
        return answer_of(self._handler(event, LambdaContext()))


class People:
    """Callers of a handler that takes the test issuer's tokens."""

    def __init__(self, handler: App) -> None:
        self._handler = handler

    def anybody(self) -> Caller:
        """Without a credential."""
        return Caller(self._handler)

    def key(self, credential: str) -> Caller:
        """A service with an API key."""
        return Caller(self._handler, credential)

    def user(self, user_id: str = "alice", workspace: str = "acme") -> Caller:
        """A user."""
        return Caller(self._handler, person("user", user_id, workspace))

    def admin(self, workspace: str = "acme") -> Caller:
        """An admin of a workspace."""
        return Caller(self._handler, person("admin", "ada", workspace))

    def operator(self) -> Caller:
        """An operator, of no workspace."""
        return Caller(self._handler, person("operator", "olga", None))


def pointers(answer: Answer) -> list[str]:
    """What a refusal says is wrong."""
    return [error["pointer"] for error in answer.body["errors"]]
