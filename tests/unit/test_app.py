"""Every HTTP request takes one way, and what no row of the routes table allows is denied (SEC-1)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from shared.domain.errors import InsufficientCreditsError, UnauthorizedError
from shared.http import app as app_module
from shared.http.app import App
from shared.http.messages import Identity, Request, Response
from shared.http.problems import PROBLEM_TYPE
from shared.routes import (
    ADMIN,
    BY_KEY,
    CREDITS_WRITE,
    OPERATOR,
    ROLES,
    ROUTES,
    SCOPES,
    SERVICE,
    USAGE_READ,
    USAGE_WRITE,
    USER,
    Route,
)
from shared.store.table import StoreUnavailableError
from tests.client import Answer
from tests.client import BareClient as Client
from tests.factories import LambdaContext, http_event
from tests.fakes.gate import OpenGate

GUARDED = [route for route in ROUTES if not route.public]
SECRET = "wL9-never-to-be-seen"


def key_of(value: object) -> str:
    return value.key if isinstance(value, Route) else str(value)


def caller(role: str, *scopes: str, workspace: str = "acme") -> Identity:
    return Identity(workspace, role, "someone", frozenset(scopes))


def echo(request: Request, identity: Identity) -> Response:
    body = {
        "workspace": identity.workspace_id,
        "role": identity.role,
        "query": dict(request.query),
        "path": dict(request.path),
    }
    return Response(200, body)


def path_of(route: Route) -> str:
    return route.path.replace("{", "").replace("}", "")


def app_for(identity: Identity, endpoint: Any = echo) -> App:
    return App(
        lambda request: identity,
        OpenGate(),
        {route.key: endpoint for route in GUARDED},
        {"GET /api/health": lambda request: Response(200, {"status": "ok"})},
        transient=(StoreUnavailableError,),
    )


def ask(identity: Identity, route: Route, **query: str) -> Answer:
    return Client(app_for(identity)).send(route.method, path_of(route), query=query)


def get(identity: Identity, endpoint: Any = echo, **query: str) -> Answer:
    return Client(app_for(identity, endpoint)).get("/api/thresholds", **query)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", GUARDED, ids=key_of)
def test_a_route_is_open_to_its_roles_and_to_nobody_else(route: Route, role: str) -> None:
    """SEC-1."""
    answer = ask(caller(role, *SCOPES), route)
    assert answer.status == (200 if role in route.roles else 403)
    if answer.status == 403:
        assert answer.body["code"] == "forbidden"


@pytest.mark.parametrize("route", GUARDED, ids=key_of)
def test_an_operator_may_do_what_an_admin_may(route: Route) -> None:
    assert (OPERATOR in route.roles) or ADMIN not in route.roles


@pytest.mark.parametrize("route", [r for r in GUARDED if SERVICE in r.roles], ids=key_of)
def test_a_key_needs_the_scope_of_the_route(route: Route) -> None:
    """GETs need `usage:read`, writes `usage:write`, POST transactions `credits:write`."""
    if route.key == "POST /api/admin/transactions":
        needed = CREDITS_WRITE
    else:
        needed = USAGE_READ if route.method == "GET" else USAGE_WRITE
    others = [scope for scope in SCOPES if scope != needed]
    assert ask(caller(SERVICE, needed), route).status == 200
    assert ask(caller(SERVICE, *others), route).status == 403
    assert ask(caller(SERVICE), route).status == 403


def test_people_have_no_scopes_and_need_none() -> None:
    assert get(caller(ADMIN)).status == 200


@pytest.mark.parametrize("role", [r for r in ROLES if r != OPERATOR])
def test_naming_another_workspace_finds_nothing(role: str) -> None:
    """From anyone but an operator that parameter is 404 unless it names their own."""
    route = BY_KEY["GET /api/alerts" if role in {USER, ADMIN} else "GET /api/usage-logs/stats"]
    who = caller(role, *SCOPES)
    assert ask(who, route, workspaceId="acme").status == 200
    for other in ("other", "", "ACME", "acme "):
        answer = ask(who, route, workspaceId=other)
        assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_an_operator_acts_in_the_workspace_that_the_query_names() -> None:
    answer = get(caller(OPERATOR, workspace="home"), workspaceId="other", limit="5")
    assert answer.body["workspace"] == "other"
    assert answer.body["query"] == {"limit": "5"}
    assert get(caller(OPERATOR, workspace="home")).body["workspace"] == "home"


@pytest.mark.parametrize("name", ["", "acme#A#acct_1", "a|b", "a b", "x" * 129, "a/b", "a\n"])
def test_an_operator_names_workspaces_by_ids_only(name: str) -> None:
    """Isolated: parts of a key can't run into each other."""
    answer = get(caller(OPERATOR, workspace="home"), workspaceId=name)
    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_a_role_is_checked_before_a_workspace_is_looked_for() -> None:
    assert ask(caller(USER), BY_KEY["GET /api/thresholds"], workspaceId="other").status == 403


def test_who_is_not_known_is_refused_before_anything_else() -> None:
    reached: list[Request] = []

    def nobody(request: Request) -> Identity:
        raise UnauthorizedError("No credential.")

    def reach(request: Request, identity: Identity) -> Response:
        reached.append(request)
        return Response(200)

    app = App(nobody, OpenGate(), {route.key: reach for route in GUARDED})
    for route in GUARDED:
        answer = Client(app).send(route.method, path_of(route))
        assert (answer.status, answer.body["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert reached == []


def test_a_public_route_asks_nobody() -> None:
    def nobody(request: Request) -> Identity:
        raise AssertionError

    app = App(
        nobody, OpenGate(), {}, {"GET /api/health": lambda request: Response(200, {"status": "ok"})}
    )
    assert Client(app).get("/api/health").body == {"status": "ok"}


def test_only_a_public_route_can_be_answered_without_a_caller() -> None:
    with pytest.raises(AssertionError):
        App(
            lambda request: caller(ADMIN),
            OpenGate(),
            {},
            {"GET /api/alerts": lambda request: Response(200)},
        )
    with pytest.raises(AssertionError):
        App(lambda request: caller(ADMIN), OpenGate(), {"GET /api/health": echo})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/usage-logs", ["POST"]),
        ("GET", "/api/usage-logs", ["POST"]),
        ("PATCH", "/api/thresholds", ["GET", "POST"]),
        ("POST", "/api/thresholds/thr-1", ["DELETE", "GET", "PUT"]),
        ("POST", "/api/health", ["GET"]),
    ],
)
def test_a_path_with_other_methods_says_which(method: str, path: str, allowed: list[str]) -> None:
    answer = Client(app_for(caller(ADMIN))).send(method, path)
    assert (answer.status, answer.body["code"]) == (405, "method_not_allowed")
    assert answer.body["allowed"] == allowed
    assert answer.headers["allow"] == ", ".join(allowed)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/api",
        "/api/nothing",
        "/api/thresholds/",
        "/api/thresholds/a/b",
        "/api//health",
        "/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_a_problem_too(method: str, path: str) -> None:
    """Unknown paths too."""
    answer = Client(app_for(caller(OPERATOR))).send(method, path)
    assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_route_of_another_function_is_answered_by_none_of_ours() -> None:
    app = App(lambda request: caller(ADMIN), OpenGate(), {})
    answer = Client(app).get("/api/thresholds")
    assert (answer.status, answer.body["code"]) == (500, "internal_error")


def test_an_answer_is_never_cached_and_carries_the_request_s_id() -> None:
    event = http_event("GET", "/api/health")
    answer = app_for(caller(ADMIN))(event, LambdaContext(aws_request_id="req-77"))
    assert answer["headers"] == {
        "content-type": "application/json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-request-id": "req-77",
    }
    assert json.loads(answer["body"]) == {"status": "ok"}


def test_an_answer_may_have_no_body_and_headers_of_its_own() -> None:
    deleted = get(caller(ADMIN), lambda request, identity: Response(204))
    assert (deleted.status, deleted.body) == (204, None)
    again = get(caller(ADMIN), lambda request, identity: Response.replayed({"a": 1}))
    assert (again.status, again.replayed, again.body) == (200, True, {"a": 1})


def test_a_refusal_is_a_problem_object() -> None:
    """RFC 9457: type, title, status, detail, instance, code, requestId."""

    def refuse(request: Request, identity: Identity) -> Response:
        raise InsufficientCreditsError(3, 5)

    answer = get(caller(ADMIN), refuse)
    assert answer.status == 402
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body == {
        "type": f"{PROBLEM_TYPE}insufficient_credits",
        "title": "Not enough credits",
        "status": 402,
        "detail": "The balance is 3 credits; 5 are needed.",
        "instance": "/api/thresholds",
        "code": "insufficient_credits",
        "requestId": "req-1",
        "balance": 3,
        "required": 5,
    }


def test_a_store_that_does_not_answer_is_worth_a_repeat() -> None:
    def fail(request: Request, identity: Identity) -> Response:
        raise StoreUnavailableError(SECRET)

    answer = get(caller(ADMIN), fail)
    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert SECRET not in str(answer)


@pytest.mark.parametrize(
    "error", [RuntimeError, KeyError, AssertionError, ValueError, RecursionError]
)
def test_an_unexpected_error_gives_nothing_away(error: type[Exception]) -> None:
    """No stack traces, no internals."""

    def fail(request: Request, identity: Identity) -> Response:
        raise error(SECRET)

    answer = get(caller(ADMIN), fail)
    assert (answer.status, answer.body["code"]) == (500, "internal_error")
    assert SECRET not in str(answer)
    assert error.__name__ not in str(answer)
    assert "Traceback" not in str(answer)


@pytest.mark.parametrize("missing", ["headers", "requestContext", "rawPath", "rawQueryString"])
def test_an_event_without_a_part_is_answered_all_the_same(missing: str) -> None:
    event = http_event("GET", "/api/health")
    del event[missing]
    assert app_for(caller(ADMIN))(event, LambdaContext())["statusCode"] == 200


class Lines(logging.Handler):
    """Log records as they are made."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    app_module.logger.addHandler(handler)
    yield handler
    app_module.logger._logger.removeHandler(handler)


def test_a_request_is_one_line_of_log_with_ids_and_without_its_body(lines: Lines) -> None:
    """SEC-3: no secrets in logs."""
    client = Client(app_for(caller(SERVICE, *SCOPES)), SECRET)
    client.post("/api/usage-logs", {"metadata": {"password": SECRET}}, key=SECRET)
    (record,) = lines.records
    logged = vars(record)
    assert logged["route"] == "POST /api/usage-logs"
    assert (logged["status"], logged["workspace"], logged["actor"]) == (200, "acme", "key:someone")
    assert logged["request_id"] == "req-1"
    assert SECRET not in str(logged)


def test_refusals_are_logged_too(lines: Lines) -> None:
    """SEC-2: refusals included."""
    Client(app_for(caller(USER))).get("/api/thresholds")
    assert [vars(record)["status"] for record in lines.records] == [403]
