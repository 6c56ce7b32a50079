"""Whose address counts behind the distribution: what a header says is believed of our own only (SEC-4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from shared.compose import HttpSettings, dependencies
from shared.http.app import App
from shared.http.gate.address import EDGE_HEADER, VIEWER_HEADER, as_the_gateway_saw, behind
from shared.http.messages import Event, Identity, Request, Response
from tests.factories import LambdaContext, http_event
from tests.fakes.gate import OpenGate

SECRET: Final = "s3cret" * 7
GATEWAY_SAW: Final = "198.51.100.9"
VIEWER: Final = "203.0.113.50"


def event(**headers: str) -> Event:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http_event("GET", "/api/exports", headers=named, source_ip=GATEWAY_SAW)


def address(**headers: str) -> str:
    return behind(SECRET)(Request.of(event(**headers), "req-1"))


def test_our_distribution_is_believed_about_the_viewer() -> None:
    assert address(x_tally_edge=SECRET, x_tally_viewer=VIEWER) == VIEWER
    assert address(x_tally_edge=SECRET, x_tally_viewer="2001:DB8:0:0::1") == "2001:db8::1"


@pytest.mark.parametrize("shown", ["", "wrong", SECRET[:-1], SECRET + "x", "ünïcode"])
def test_nobody_else_is(shown: str) -> None:
    assert address(x_tally_edge=shown, x_tally_viewer=VIEWER) == GATEWAY_SAW
    assert address(x_tally_viewer=VIEWER, x_forwarded_for=VIEWER) == GATEWAY_SAW


@pytest.mark.parametrize("said", ["", "nonsense", f"{VIEWER}, {VIEWER}", f"{VIEWER}:443"])
def test_what_is_no_address_is_not_taken_for_one(said: str) -> None:
    assert address(x_tally_edge=SECRET, x_tally_viewer=said) == GATEWAY_SAW


def test_without_a_distribution_no_header_counts() -> None:
    request = Request.of(event(x_tally_edge="", x_tally_viewer=VIEWER), "req-1")
    assert as_the_gateway_saw(request) == GATEWAY_SAW


def test_identity_and_endpoint_see_the_viewers_address() -> None:
    seen: list[str] = []

    def identify(request: Request) -> Identity:
        seen.append(request.source_ip)
        return Identity("acme", "admin", "ann")

    def endpoint(request: Request, _: Identity) -> Response:
        seen.append(request.source_ip)
        return Response(200, {})

    app = App(identify, OpenGate(), {"GET /api/exports": endpoint}, address_of=behind(SECRET))

    headers = {EDGE_HEADER: SECRET, VIEWER_HEADER: VIEWER}
    app(http_event("GET", "/api/exports", headers=headers, source_ip=GATEWAY_SAW), LambdaContext())

    assert seen == [VIEWER, VIEWER]


def test_a_function_believes_the_secret_of_its_environment() -> None:
    settings = HttpSettings.read({"TABLE_NAME": "t", "EDGE_SECRET": SECRET})
    request = Request.of(event(x_tally_edge=SECRET, x_tally_viewer=VIEWER), "req-1")

    assert dependencies(settings).address_of(request) == VIEWER
    assert dependencies(replace(settings, edge_secret=None)).address_of(request) == GATEWAY_SAW
