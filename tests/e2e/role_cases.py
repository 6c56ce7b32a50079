"""For every route: a request that works, and whose thing it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tests.e2e.world import World

USAGE: Final = {"userId": "carol", "service": "chat", "credits": 0}
PRICE: Final = {"service": "chat", "effectiveFrom": "2026-01-01T00:00:00Z", "perRequest": 0.001}
REPRICING: Final = {"startDate": "2026-01-01", "endDate": "2026-01-31", "dryRun": True}
THRESHOLD: Final = {"scope": "workspace", "metric": "requests", "monthlyLimit": 10**9}


@dataclass(frozen=True, slots=True)
class Target:
    """Whose thing is asked for, and the role of who asks."""

    world: World
    user: str
    role: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What is sent, beside the method."""

    path: str
    body: object = None
    query: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


Names = Literal["nothing", "user", "thing", "workspace"]


@dataclass(frozen=True, slots=True)
class Case:
    """How to ask for the target's.

    `names` says what the request names: nothing that could be another's, a user or a thing of theirs, a thing
    of the workspace, or the workspace. `unknown` is what those who may see every user are answered about one
    of another workspace: here, they are nobody.
    """

    ask: Callable[[Target], Ask]
    names: Names = "nothing"
    works: tuple[int, ...] = (200,)
    unknown: tuple[int, ...] = (404,)


def _at(path: str, **query: str) -> Case:
    return Case(lambda _: Ask(path, query=query))


def _post(path: str, body: Callable[[Target], object], status: int, **more: Any) -> Case:
    return Case(lambda target: Ask(path, body(target)), works=(status,), **more)


def _filtered(path: str) -> Case:
    return Case(lambda t: Ask(path, query={"userId": t.user}), "user", unknown=(200,))


def _exported(path: str, **more: str) -> Case:
    return Case(
        lambda t: Ask(path, query={"userId": t.user, **more}),
        "user",
        works=(200, 202),
        unknown=(200, 202),
    )


def _of_user(template: str, unknown: int = 404) -> Case:
    return Case(lambda t: Ask(template.format(t.user)), "user", unknown=(unknown,))


def _of_workspace(template: str, *works: int) -> Case:
    return Case(lambda t: Ask(template.format(t.world.id)), "workspace", works=works or (200,))


def _of_thing(template: str, find: Callable[[Target], str], *works: int, **more: Any) -> Case:
    return Case(
        lambda t: Ask(template.format(find(t)), more.get("body")),
        more.get("names", "thing"),
        works=works or (200,),
    )


def _event(target: Target) -> object:
    return {
        "specversion": "1.0",
        "type": "tally.usage.v1",
        "source": "tests",
        "id": target.world.new("event"),
        "subject": "carol",
        "data": {"service": "chat", "credits": 0},
    }


CASES: Final[dict[str, Case]] = {
    "GET /api/health": _at("/api/health"),
    "GET /api/openapi.json": _at("/api/openapi.json"),
    "GET /api/reference": _at("/api/reference"),
    "GET /api/reference/{file}": _at("/api/reference/swagger-ui-bundle.js"),
    "POST /api/usage-logs": _post("/api/usage-logs", lambda _: USAGE, 201),
    "POST /api/usage-logs/batch": _post(
        "/api/usage-logs/batch", lambda _: {"usageLogs": [USAGE]}, 200
    ),
    "POST /api/events": Case(
        lambda t: Ask("/api/events", _event(t), media_type="application/cloudevents+json"),
        works=(202,),
    ),
    "GET /api/usage-logs/stats": _filtered("/api/usage-logs/stats"),
    "GET /api/usage-logs/summary": _filtered("/api/usage-logs/summary"),
    "GET /api/usage-logs/export": _exported("/api/usage-logs/export"),
    "GET /api/usage-logs/user/{userId}": _of_user("/api/usage-logs/user/{}", unknown=200),
    "GET /api/usage-logs/{id}": _of_thing(
        "/api/usage-logs/{}", lambda t: t.world.log(t.user), names="user"
    ),
    "GET /api/usage/stats/{workspaceId}": _of_workspace("/api/usage/stats/{}"),
    "GET /api/usage/dashboard/{workspaceId}": _of_workspace("/api/usage/dashboard/{}"),
    "GET /api/usage/summary/{workspaceId}": _of_workspace("/api/usage/summary/{}"),
    "GET /api/usage/export/{workspaceId}": _of_workspace("/api/usage/export/{}", 200, 202),
    **{
        f"GET /api/analytics/{name}": _filtered(f"/api/analytics/{name}")
        for name in (
            "dashboard", "metrics", "services", "models", "hours", "timeseries", "token-usage", "savings",
        )
    },
    **{
        f"GET /api/analytics/{name}": _at(f"/api/analytics/{name}")
        for name in ("countries", "platforms", "forecast", "users/top", "my-usage")
    },
    "GET /api/analytics/query": _at("/api/analytics/query", groupBy="day"),
    "GET /api/analytics/export": _exported("/api/analytics/export"),
    "GET /api/transactions": _at("/api/transactions"),
    "GET /api/transactions/statement": _at("/api/transactions/statement", month="2026-11"),
    "GET /api/transactions/{id}": _of_thing(
        "/api/transactions/{}", lambda t: t.world.transaction(t.user), names="user"
    ),
    "GET /api/accounts/me": _at("/api/accounts/me"),
    "GET /api/admin/accounts": _at("/api/admin/accounts"),
    "GET /api/admin/accounts/{userId}": _of_user("/api/admin/accounts/{}"),
    "GET /api/admin/accounts/{userId}/verify": _of_user("/api/admin/accounts/{}/verify"),
    "GET /api/admin/transactions": _filtered("/api/admin/transactions"),
    "GET /api/admin/transactions/summary": _filtered("/api/admin/transactions/summary"),
    "GET /api/admin/transactions/{userId}": _of_user("/api/admin/transactions/{}", unknown=200),
    "GET /api/admin/transactions/{userId}/statement": Case(
        lambda t: Ask(f"/api/admin/transactions/{t.user}/statement", query={"month": "2026-11"}),
        "user",
    ),
    "POST /api/admin/transactions": _post(
        "/api/admin/transactions",
        lambda _: {"userId": "carol", "amount": 1, "reason": "promo"},
        201,
    ),
    "GET /api/admin/transactions/export": _exported("/api/admin/transactions/export"),
    "GET /api/admin/audit": _at("/api/admin/audit"),
    "GET /api/admin/audit/export": Case(
        lambda _: Ask("/api/admin/audit/export"), works=(200, 202)
    ),
    "POST /api/admin/repricings": _post("/api/admin/repricings", lambda _: REPRICING, 200),
    "GET /api/admin/repricings/{id}": _of_thing(
        "/api/admin/repricings/{}", lambda t: t.world.repricing()
    ),
    "DELETE /api/admin/users/{userId}": Case(
        lambda t: Ask(f"/api/admin/users/{t.world.somebody()}"), "user", works=(202,)
    ),
    "GET /api/exports": _at("/api/exports"),
    "GET /api/exports/{id}": _of_thing(
        "/api/exports/{}", lambda t: t.world.export(t.role, t.user), names="user"
    ),
    "GET /api/thresholds": _at("/api/thresholds"),
    "POST /api/thresholds": _post("/api/thresholds", lambda _: THRESHOLD, 201),
    "POST /api/thresholds/try": _post(
        "/api/thresholds/try", lambda _: {"threshold": THRESHOLD}, 200
    ),
    "GET /api/thresholds/{id}": _of_thing("/api/thresholds/{}", lambda t: t.world.threshold()),
    "PUT /api/thresholds/{id}": _of_thing(
        "/api/thresholds/{}", lambda t: t.world.threshold(), body=THRESHOLD
    ),
    "DELETE /api/thresholds/{id}": _of_thing(
        "/api/thresholds/{}", lambda t: t.world.threshold(), 204
    ),
    "POST /api/thresholds/{id}/test": _of_thing(
        "/api/thresholds/{}/test", lambda t: t.world.threshold(), 202
    ),
    "GET /api/alerts": _filtered("/api/alerts"),
    "POST /api/alerts/{id}/acknowledge": _of_thing(
        "/api/alerts/{}/acknowledge", lambda t: t.world.alert()
    ),
    "GET /api/admin/workspaces": _at("/api/admin/workspaces"),
    "POST /api/admin/workspaces": _post(
        "/api/admin/workspaces",
        lambda t: {"workspaceId": t.world.new(f"of-{t.world.id}"), "name": "New"},
        201,
    ),
    "GET /api/admin/workspaces/{workspaceId}": _of_workspace("/api/admin/workspaces/{}"),
    "PUT /api/admin/workspaces/{workspaceId}": Case(
        lambda t: Ask(f"/api/admin/workspaces/{t.world.id}", {"name": "Shop"}), "workspace"
    ),
    "GET /api/admin/system": _at("/api/admin/system"),
    "GET /api/admin/api-keys": _at("/api/admin/api-keys"),
    "POST /api/admin/api-keys": _post("/api/admin/api-keys", lambda _: {"name": "new"}, 201),
    "DELETE /api/admin/api-keys/{id}": _of_thing(
        "/api/admin/api-keys/{}", lambda t: t.world.api_key(), 204
    ),
    "GET /api/admin/customers": _at("/api/admin/customers"),
    "PUT /api/admin/customers/{userId}": Case(
        lambda _: Ask("/api/admin/customers/carol", {"name": "Carol", "active": True})
    ),
    "GET /api/admin/prices": _at("/api/admin/prices"),
    "PUT /api/admin/prices": Case(lambda _: Ask("/api/admin/prices", PRICE)),
}  # fmt: skip
