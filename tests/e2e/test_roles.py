"""Every role against every route, asking for its own, another user's and another workspace's (SEC-1).

What is expected follows from the routes table and the contract: 401 without a credential, 403 for a role that
the route is not open to, 404 for what is not one's own, as if it did not exist.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.routes import OPERATOR, ROLES, ROUTES, SERVICE, USER, Route
from tests.client import Answer
from tests.e2e.platform import Platform
from tests.e2e.role_cases import CASES, Ask, Case, Target
from tests.e2e.world import ANYBODY, World, world

MATRIX = [(route, role) for route in ROUTES for role in (ANYBODY, *ROLES)]
OPEN = [(route, role) for route, role in MATRIX if role in route.roles]
CLOSED, REFUSED, HIDDEN = (401,), (403,), (404,)


def ids(pairs: list[tuple[Route, str]]) -> list[str]:
    return [f"{route.key} by {role}" for route, role in pairs]


@pytest.fixture(scope="module")
def here(platform: Platform) -> World:
    return world(platform)


@pytest.fixture(scope="module")
def there(platform: Platform) -> World:
    return world(platform)


def test_every_route_has_a_case_here_and_no_other_has() -> None:
    assert CASES.keys() == {route.key for route in ROUTES}


def send(here: World, role: str, route: Route, ask: Ask, workspace: str | None = None) -> Answer:
    """A request by somebody of this workspace; an operator says which one is meant."""
    query = dict(ask.query)
    if role == OPERATOR and not route.public and "{workspaceId}" not in route.path:
        query["workspaceId"] = workspace or here.id
    elif workspace is not None:
        query["workspaceId"] = workspace
    return here.caller(role).send(
        route.method, ask.path, ask.body, media_type=ask.media_type, **query
    )


@pytest.mark.parametrize(("route", "role"), MATRIX, ids=ids(MATRIX))
def test_a_route_is_open_to_its_roles_and_to_nobody_else(
    here: World, route: Route, role: str
) -> None:
    case = CASES[route.key]
    answer = send(here, role, route, case.ask(Target(here, here.alice, role)))
    expected = case.works if route.public or role in route.roles else REFUSED
    if role == ANYBODY and not route.public:
        expected = CLOSED
    assert answer.status in expected, answer


@pytest.mark.parametrize(("route", "role"), OPEN, ids=ids(OPEN))
def test_another_users_thing_is_there_but_for_a_user(here: World, route: Route, role: str) -> None:
    case = CASES[route.key]
    answer = send(here, role, route, case.ask(Target(here, here.bob, role)))
    hidden = role == USER and case.names == "user"
    assert answer.status in (HIDDEN if hidden else case.works), answer


@pytest.mark.parametrize(("route", "role"), OPEN, ids=ids(OPEN))
def test_another_workspaces_thing_is_not_there_for_anybody(
    here: World, there: World, route: Route, role: str
) -> None:
    case = CASES[route.key]
    answer = send(here, role, route, case.ask(Target(there, there.alice, role)))
    assert answer.status in foreign(case, role), answer


def foreign(case: Case, role: str) -> tuple[int, ...]:
    """What a role that may use the route is answered about another workspace's thing."""
    if case.names == "nothing" or (case.names == "workspace" and role == OPERATOR):
        return case.works
    if case.names == "user" and role != USER:
        return case.unknown
    return HIDDEN


@pytest.mark.parametrize(("route", "role"), OPEN, ids=ids(OPEN))
def test_only_an_operator_can_name_another_workspace(
    here: World, there: World, route: Route, role: str
) -> None:
    case = CASES[route.key]
    own = there if role == OPERATOR else here
    answer = send(own, role, route, case.ask(Target(own, own.alice, role)), there.id)
    assert answer.status in (case.works if role == OPERATOR else HIDDEN), answer


@pytest.mark.parametrize("route", [r for r in ROUTES if r.public], ids=lambda r: r.key)
def test_a_public_route_knows_no_workspace(here: World, route: Route) -> None:
    ask = CASES[route.key].ask(Target(here, here.alice, ANYBODY))
    answer = send(here, ANYBODY, route, ask, here.id)
    assert (answer.status, answer.pointers) == (422, ["?workspaceId"])


@pytest.mark.parametrize("route", [r for r in ROUTES if SERVICE in r.roles], ids=lambda r: r.key)
def test_a_key_without_the_scope_of_a_route_is_refused(
    platform: Platform, here: World, route: Route
) -> None:
    others = {"usage:write", "usage:read", "credits:write"} - {route.scope}
    secret = platform.api_key(here.id, *sorted(others))["secret"]
    weak = replace(here, shop=replace(here.shop, backend=platform.with_credential(secret)))
    answer = send(weak, SERVICE, route, CASES[route.key].ask(Target(here, here.alice, SERVICE)))
    assert answer.status == 403, answer


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_other_methods_of_a_path_are_refused_naming_those_there_are(
    platform: Platform, path: str
) -> None:
    methods = {route.method for route in ROUTES if route.path == path}
    shown = path.replace("{", "").replace("}", "")
    for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - methods):
        answer = platform.anonymous().send(method, shown)
        if answer.status == 401:
            # Another row of the table takes this path: a literal stands where this one has a parameter.
            continue
        assert (answer.status, answer.body["code"]) == (405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) >= methods
