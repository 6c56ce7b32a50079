"""The query parameters that the document names are those that the routes take, one by one (INT-5)."""

from __future__ import annotations

import re

import pytest

from shared.routes import OPERATOR, ROLES, ROUTES, Route
from tests.documented import DOCUMENT
from tests.e2e.platform import Platform
from tests.e2e.role_cases import CASES, Target
from tests.e2e.world import ANYBODY, World, world

TAKEN = re.compile(r"This route takes (.*)\.$")


@pytest.fixture(scope="module")
def here(platform: Platform) -> World:
    return world(platform)


def documented(route: Route) -> set[str]:
    shared = DOCUMENT["components"]["parameters"]
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    names = set()
    for parameter in operation.get("parameters", ()):
        found = shared.get(parameter.get("$ref", "").rpartition("/")[2], parameter)
        if found["in"] == "query":
            names.add(found["name"])
    return names


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_a_route_takes_the_parameters_it_is_documented_with(here: World, route: Route) -> None:
    role = next((role for role in ROLES if role in route.roles), ANYBODY)
    ask = CASES[route.key].ask(Target(here, here.alice, role))
    workspace = {"workspaceId": here.id} if role == OPERATOR else {}
    query = {**ask.query, **workspace, "surprise": "1"}
    answer = here.caller(role).send(
        route.method, ask.path, ask.body, media_type=ask.media_type, **query
    )
    assert (answer.status, answer.pointers) == (422, ["?surprise"])
    told = TAKEN.search(answer.body["detail"])
    assert told is not None, answer.body
    taken = set() if told[1] == "none" else set(told[1].split(", "))
    assert taken == documented(route) - {"workspaceId"}
