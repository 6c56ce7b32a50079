"""Tally as its users meet it: over HTTP, with API keys and id tokens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from threading import Event
from typing import Any, Final, TypeVar

import httpx

from local.cloud import Cloud
from tests.client import Answer, value_of
from tests.documented import check

PASSWORD: Final = "Correct-horse-battery-9"
DEADLINE_SECONDS: Final = 90
T = TypeVar("T")


def eventually(
    look: Callable[[], T], fits: Callable[[T], bool], what: str, seconds: int = DEADLINE_SECONDS
) -> T:
    """What `look` sees as soon as it `fits`; fails, saying what was seen, at the deadline."""
    deadline = time.monotonic() + seconds
    pause = 0.05
    while True:
        seen = look()
        if fits(seen):
            return seen
        assert time.monotonic() < deadline, f"{what} did not come about; seen last: {seen}"
        Event().wait(pause)
        pause = min(pause * 1.5, 1.0)


class Caller:
    """Somebody with a credential."""

    def __init__(self, client: httpx.Client, credential: str | None) -> None:
        self._client = client
        self._headers = {} if credential is None else {"authorization": f"Bearer {credential}"}

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        media_type: str = "application/json",
        etag: str | None = None,
        **query: Any,
    ) -> Answer:
        """One request. Fails when the OpenAPI document does not tell of the answer."""
        headers = dict(self._headers)
        content = None
        if key is not None:
            headers["idempotency-key"] = key
        if etag is not None:
            headers["if-none-match"] = etag
        if body is not None:
            headers["content-type"] = media_type
            content = body if isinstance(body, str) else json.dumps(body)
        answer = self._client.request(
            method, path, content=content, headers=headers, params=query or None
        )
        value = value_of(answer.text, answer.headers.get("content-type", ""))
        seen = Answer(answer.status_code, dict(answer.headers), value)
        check(method, path, seen)
        return seen

    def get(self, path: str, **query: Any) -> Answer:
        """GET."""
        return self.send("GET", path, **query)

    def post(self, path: str, body: object, key: str | None = None, **query: Any) -> Answer:
        """POST."""
        return self.send("POST", path, body, key=key, **query)


@dataclass(frozen=True, slots=True)
class Shop:
    """A workspace with a backend that carries every scope, and its admin."""

    platform: Platform
    workspace_id: str
    backend: Caller
    admin: Caller

    def buy(self, user: str, amount: int) -> None:
        """Credits for a user."""
        body = {"userId": user, "amount": amount, "reason": "purchase"}
        answer = self.backend.post("/api/admin/transactions", body)
        assert answer.status == 201, answer

    def user(self, user_id: str) -> Caller:
        """A user who signs in."""
        return self.platform.person(user_id, "user", self.workspace_id)

    def requests_counted(self, **query: str) -> int:
        """Requests as the statistics have them now."""
        answer = self.backend.get("/api/usage-logs/stats", **query)
        assert answer.status == 200, answer
        return int(answer.body["statistics"]["requests"])

    def await_requests(self, expected: int, **query: str) -> None:
        """Wait until the cells have caught up."""
        eventually(
            lambda: self.requests_counted(**query),
            lambda seen: seen == expected,
            f"{expected} requests in the statistics",
        )


class Platform:
    """The deployed stack."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._client = httpx.Client(base_url=cloud.api_url, timeout=60)
        self._sqs = cloud.sqs
        self._numbers = count(1)
        self._made: set[str] = set()
        self.operator = self.person("olga", "operator", None)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def anonymous(self) -> Caller:
        """Somebody without a credential."""
        return Caller(self._client, None)

    def with_credential(self, credential: str) -> Caller:
        """Somebody with any credential."""
        return Caller(self._client, credential)

    def person(self, username: str, group: str, workspace_id: str | None) -> Caller:
        """Somebody who signs in. A name belongs to one workspace."""
        return self.with_credential(self.token(username, group, workspace_id))

    def token(self, username: str, group: str, workspace_id: str | None) -> str:
        """An id token of somebody, who is made when needed."""
        if username not in self._made:
            self.cloud.create_user(username, PASSWORD, group=group, workspace_id=workspace_id)
            self._made.add(username)
        return self.cloud.id_token(username, PASSWORD)

    def shop(self, **settings: Any) -> Shop:
        """A new workspace, made through the API as an operator makes it."""
        workspace_id = f"shop-{next(self._numbers)}-{time.time_ns() % 10**9}"
        made = self.operator.post(
            "/api/admin/workspaces", {"workspaceId": workspace_id, "name": "Shop", **settings}
        )
        assert made.status == 201, made
        secret = self.api_key(workspace_id)["secret"]
        admin = self.person(f"admin-of-{workspace_id}", "admin", workspace_id)
        return Shop(self, workspace_id, self.with_credential(secret), admin)

    def api_key(self, workspace_id: str, *scopes: str) -> dict[str, Any]:
        """A new API key of a workspace: `{apiKey, secret}`."""
        wanted = list(scopes) or ["usage:write", "usage:read", "credits:write"]
        body = {"name": "backend", "scopes": wanted}
        made = self.operator.post("/api/admin/api-keys", body, workspaceId=workspace_id)
        assert made.status == 201, made
        return dict(made.body)

    def gather_alerts(self, workspace_id: str, into: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take what is on the alert queue; keep the alerts of a workspace."""
        sqs, url = self._sqs, str(self.cloud.settings["alertQueueUrl"])
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
            messages = answer.get("Messages", [])
            if not messages:
                return into
            for message in messages:
                envelope = json.loads(message["Body"])
                named = envelope["MessageAttributes"]["workspaceId"]["Value"]
                if named == workspace_id:
                    into.append(json.loads(envelope["Message"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
