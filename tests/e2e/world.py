"""Two workspaces that look alike, each with users, things of theirs, and a caller of every role."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from tests.e2e.platform import Caller, Platform, Shop, eventually

ANYBODY = "anybody"
"""Whoever has no credential."""


@dataclass
class World:
    """A workspace. `alice` and `bob` are users who consumed; `made` are things of theirs by name."""

    shop: Shop
    alice: str
    bob: str
    made: dict[str, str] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    @property
    def id(self) -> str:
        """The workspace's id."""
        return self.shop.workspace_id

    def caller(self, role: str) -> Caller:
        """Somebody of a role; the user is alice."""
        platform = self.shop.platform
        return {
            ANYBODY: platform.anonymous(),
            SERVICE: self.shop.backend,
            USER: self.user(self.alice),
            ADMIN: self.shop.admin,
            OPERATOR: platform.operator,
        }[role]

    def user(self, name: str) -> Caller:
        """A user who signed in."""
        key = f"token of {name}"
        if key not in self.made:
            self.made[key] = self.shop.platform.token(name, "user", self.id)
        return self.shop.platform.with_credential(self.made[key])

    def log(self, user: str) -> str:
        """A usage log of a user."""
        return self._once(
            f"log of {user}",
            lambda name: self._post("/api/usage-logs", _usage(user, name))["usageLog"]["id"],
        )

    def transaction(self, user: str) -> str:
        """A transaction of a user."""
        body = {"userId": user, "amount": 1000, "reason": "purchase"}
        return self._once(
            f"transaction of {user}",
            lambda _: self._post("/api/admin/transactions", body)["transaction"]["id"],
        )

    def export(self, role: str, user: str) -> str:
        """An export that somebody of a role asked for: a user for themself, a backend for anybody."""
        asks = SERVICE if role == ANYBODY else role
        caller = self.user(user) if role == USER else self.caller(asks)
        query = {"workspaceId": self.id} if role == OPERATOR else {}
        return self._once(
            f"export of {role} {user}",
            lambda _: _made(caller.get("/api/usage-logs/export", **query), 200, 202)["export"][
                "id"
            ],
        )

    def threshold(self) -> str:
        """A new threshold."""
        body = {"scope": "workspace", "metric": "requests", "monthlyLimit": 10**9}
        answer = self.shop.admin.post("/api/thresholds", body)
        return str(_made(answer, 201)["threshold"]["id"])

    def api_key(self) -> str:
        """A new API key."""
        made = self.shop.platform.api_key(self.id, "usage:read")
        return str(made["apiKey"]["id"])

    def repricing(self) -> str:
        """A run that priced nothing anew."""
        body = {"startDate": "2026-01-01", "endDate": "2026-01-31", "dryRun": True}
        answer = self.shop.admin.post("/api/admin/repricings", body)
        return str(_made(answer, 200, 202)["repricing"]["id"])

    def somebody(self) -> str:
        """A new user, to be erased."""
        name = self.new(f"somebody-of-{self.id}")
        self.transaction(name)
        return name

    def alert(self) -> str:
        """An alert that fired."""

        def fire(_: str) -> str:
            body = {"scope": "workspace", "metric": "requests", "dailyLimit": 1}
            _made(self.shop.admin.post("/api/thresholds", body), 201)
            self._post("/api/usage-logs", _usage(self.alice, "fires"))
            listed = eventually(
                lambda: self.shop.admin.get("/api/alerts").body["alerts"], bool, "the alert"
            )
            return str(listed[0]["id"])

        return self._once("alert", fire)

    def new(self, stem: str) -> str:
        """A name that is new in the workspace."""
        return f"{stem}-{next(self.numbers)}"

    def _once(self, name: str, make: Any) -> str:
        if name not in self.made:
            self.made[name] = make(name.replace(" ", "-"))
        return self.made[name]

    def _post(self, path: str, body: object) -> dict[str, Any]:
        return _made(self.shop.backend.post(path, body), 201)


def _made(answer: Any, *statuses: int) -> dict[str, Any]:
    assert answer.status in statuses, answer
    return dict(answer.body)


def _usage(user: str, log_id: str) -> dict[str, Any]:
    return {"id": log_id, "userId": user, "service": "chat", "credits": 1}


def world(platform: Platform, **settings: Any) -> World:
    """A new workspace with two users who have credits and consumed."""
    shop = platform.shop(**settings)
    made = World(shop, f"alice-{shop.workspace_id}", f"bob-{shop.workspace_id}")
    for user in (made.alice, made.bob):
        made.transaction(user)
        made.log(user)
    return made
