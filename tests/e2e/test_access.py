"""Who may do what: over HTTP, with real keys and tokens, against the deployed stack (SEC-1)."""

from __future__ import annotations

import base64
import json

import pytest

from shared.routes import ROUTES, Route
from tests.e2e.platform import Platform, eventually


def test_other_workspaces_and_other_users_things_do_not_exist(platform: Platform) -> None:
    shop, other = platform.shop(), platform.shop()
    shop.buy("alice", 10)
    made = shop.backend.post(
        "/api/usage-logs", {"id": "mine", "userId": "alice", "service": "chat", "credits": 1}
    )
    transaction = made.body["transaction"]["id"]
    mallory = shop.user(f"mallory-{shop.workspace_id}")
    for caller in (other.backend, mallory):
        assert caller.get("/api/usage-logs/mine").status == 404
    assert other.backend.get("/api/admin/accounts/alice").status == 404
    assert mallory.get("/api/usage-logs/user/alice").status == 404
    assert mallory.get(f"/api/transactions/{transaction}").status == 404
    assert other.admin.get(f"/api/transactions/{transaction}").status == 404
    assert other.admin.get(f"/api/admin/workspaces/{shop.workspace_id}").status == 404
    assert other.backend.get("/api/usage-logs/stats", workspaceId=shop.workspace_id).status == 404


def test_a_user_sees_own_balance_logs_and_transactions(platform: Platform) -> None:
    shop = platform.shop()
    name = f"alice-{shop.workspace_id}"
    shop.buy(name, 10)
    body = {"id": "mine", "userId": name, "service": "chat", "credits": 4}
    assert shop.backend.post("/api/usage-logs", body).status == 201
    alice = shop.user(name)
    assert alice.get("/api/accounts/me").body["account"]["balance"] == 6
    assert alice.get("/api/usage-logs/mine").body["usageLog"]["userId"] == name
    listed = alice.get("/api/transactions").body
    assert [row["reason"] for row in listed["transactions"]] == ["usage", "purchase"]
    assert (listed["total"], listed["balance"]) == (2, 6)


def test_forged_and_foreign_tokens_are_refused(platform: Platform) -> None:
    shop = platform.shop()
    token = platform.token(f"admin-of-{shop.workspace_id}", "admin", shop.workspace_id)
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["cognito:groups"] = ["operator"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for bad in (
        f"{head}.{forged}.{signature}",
        f"{unsigned}.{payload}.",
        f"{head}.{payload}.{'A' * len(signature)}",
        "tally_x_y_z",
        "nonsense",
    ):
        answer = platform.with_credential(bad).get("/api/thresholds")
        assert (answer.status, answer.body["code"]) == (401, "unauthorized")
        assert "www-authenticate" in answer.headers


def test_a_revoked_key_stops_working(platform: Platform) -> None:
    shop = platform.shop()
    made = platform.api_key(shop.workspace_id)
    caller = platform.with_credential(made["secret"])
    assert caller.get("/api/usage-logs/user/alice").status == 200
    gone = shop.admin.send("DELETE", f"/api/admin/api-keys/{made['apiKey']['id']}")
    assert gone.status == 204
    eventually(
        lambda: caller.get("/api/usage-logs/user/alice").status,
        lambda status: status == 401,
        "the end of a revoked key",
        seconds=60,
    )


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_every_route_is_there_and_closed_to_strangers(platform: Platform, route: Route) -> None:
    path = route.path.replace("{file}", "page.js").replace("{", "").replace("}", "")
    answer = platform.anonymous().send(route.method, path)
    if route.public:
        assert answer.status == 200
        return
    assert (answer.status, answer.body["code"]) == (401, "unauthorized")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.body["requestId"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/elsewhere", 404, "not_found"),
        ("PATCH", "/api/usage-logs", 405, "method_not_allowed"),
        ("DELETE", "/api/health", 405, "method_not_allowed"),
    ],
)
def test_unknown_paths_and_methods_are_problems_too(
    platform: Platform, method: str, path: str, status: int, code: str
) -> None:
    answer = platform.anonymous().send(method, path)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
