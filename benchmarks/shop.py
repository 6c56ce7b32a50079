"""A workspace of the benchmarks, filled through the public API once and used again."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from local.cloud import Cloud
from local.seed.api import Api, RefusedError

ALREADY_THERE: Final = 409
ROUNDS_A_DAY: Final = 10
SCOPES: Final = ("usage:write", "usage:read", "credits:write")


class Shop:
    """A workspace with a backend and an admin."""

    def __init__(self, cloud: Cloud, workspace_id: str) -> None:
        self.workspace_id = workspace_id
        password = f"Bench-{secrets.token_hex(12)}-9"
        cloud.create_user("bench-operator", password, group="operator", workspace_id=None)
        token = cloud.id_token("bench-operator", password)
        self.admin: Final = Api(cloud.api_url, token, workspace_id=workspace_id)
        self._make(Api(cloud.api_url, token))
        body = {"name": "benchmark", "scopes": SCOPES}
        self.backend_key: Final = str(self.admin.post("/api/admin/api-keys", body)["secret"])
        self.backend: Final = Api(cloud.api_url, self.backend_key)

    def _make(self, operator: Api) -> None:
        body = {"workspaceId": self.workspace_id, "name": "Benchmark"}
        try:
            operator.post("/api/admin/workspaces", body)
        except RefusedError as error:
            if error.status != ALREADY_THERE:
                raise
        path = f"/api/admin/workspaces/{self.workspace_id}"
        self.admin.put(path, {"enforceCredits": False})

    def fill(self, users: int, rounds: int) -> float:
        """One log a user and round, each round a batch: as many transactions as logs. Idempotent.

        Returns:
            Seconds it took.
        """
        begun = time.perf_counter()
        start = datetime.now(UTC) - timedelta(days=rounds // ROUNDS_A_DAY, minutes=5)
        for turn in range(self._rounds_done(users), rounds):
            at = start + timedelta(days=turn // ROUNDS_A_DAY)
            rows = [self._row(user, turn, at) for user in range(users)]
            self.backend.post("/api/usage-logs/batch", {"usageLogs": rows}, key=f"round-{turn}")
        return time.perf_counter() - begun

    def _rounds_done(self, users: int) -> int:
        """Rounds that every user has; the last one may have been cut short, and is sent again."""
        last = f"/api/usage-logs/user/user-{users - 1}"
        return int(self.admin.get(last, limit="1")["total"])

    @staticmethod
    def _row(user: int, turn: int, at: datetime) -> dict[str, Any]:
        return {
            "userId": f"user-{user}",
            "service": ("chat", "search")[user % 2],
            "model": f"model-{user % 3}",
            "tokens": {"input": 100 + user, "output": turn},
            "credits": 1 + user % 3,
            "responseTimeMs": 200 + user,
            "occurredAt": at.isoformat(timespec="milliseconds"),
        }

    def accounts(self, users: int) -> list[str]:
        """The users' account ids."""
        found = []
        for user in range(users):
            account = self.admin.get(f"/api/admin/accounts/user-{user}")["account"]
            found.append(str(account["accountId"]))
        return found
