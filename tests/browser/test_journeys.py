"""What everybody does with the dashboard, in a real browser before the deployed stack (UI-1 to UI-5)."""

from __future__ import annotations

import json
import re
import time
from decimal import Decimal
from typing import Final

import pytest
from playwright.sync_api import Route, expect

from local.cloud import Cloud
from tests.browser.conftest import Open
from tests.browser.visit import PHONE, ROOT, Visit
from tests.e2e.platform import Caller, eventually

FIRST: Final = {"admin": "/overview", "alice": "/home", "operator": "/workspaces"}
"""Where somebody finds themself after signing in; an operator chooses a workspace there."""

OVERVIEW: Final = "/api/analytics/dashboard"


def text_of(language: str, area: str, key: str) -> str:
    """A text of a catalogue."""
    catalogue = ROOT / "dashboard" / "src" / "i18n" / language / f"{area}.json"
    return str(json.loads(catalogue.read_text())[key])


def digits(text: str) -> Decimal:
    """The number that a text shows."""
    return Decimal(re.sub(r"[^0-9.]", "", text))


@pytest.mark.parametrize("name", sorted(FIRST))
def test_everybody_signs_in_and_begins_where_their_work_is(open_page: Open, name: str) -> None:
    visit = open_page()
    visit.enter(name)

    assert visit.page.url.endswith(FIRST[name])
    expect(visit.page.get_by_role("navigation").first).to_be_visible()
    visit.shoot(f"first-{name}")
    visit.page.reload()
    visit.settle()
    assert visit.page.url.endswith(FIRST[name]), "a reload asks for no password again"


def test_a_wrong_password_is_told_as_such_and_keeps_out(open_page: Open) -> None:
    visit = open_page()
    visit.go("/overview")
    with visit.watch.accepting("400 POST", "status of 400"):
        visit.sign_in("admin", "Wrong-password-1")
        expect(visit.page.get_by_role("alert")).to_be_visible()
    visit.sign_in("admin")
    visit.settle()
    assert visit.page.url.endswith("/overview"), "where they wanted to go"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("alice", "/overview"),
        ("alice", "/audit"),
        ("alice", "/users/bob"),
        ("admin", "/system"),
        ("admin", "/home"),
        ("admin", "/w/another/overview"),
    ],
)
def test_a_forbidden_address_says_so_and_shows_nothing(
    open_page: Open, name: str, path: str
) -> None:
    visit = open_page()
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.enter(name, path)

    expect(visit.page.get_by_role("heading", name="This is not open to you")).to_be_visible()
    assert not [url for url in asked if "/api/analytics" in url or "/api/admin/audit" in url]


def test_an_operator_goes_on_to_what_was_asked_for_and_back(open_page: Open) -> None:
    asked = "/explore?groupBy=model&metric=errorRate"
    visit = open_page()
    page = visit.page
    warned: list[str] = []
    page.on("console", lambda said: warned.append(said.text) if said.type == "warning" else None)
    visit.enter("operator", asked)
    expect(page).to_have_url(re.compile("/workspaces$"))

    page.get_by_role("row", name=re.compile("demo")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
    assert page.url.endswith(f"/w/demo{asked}")
    expect(page.get_by_role("columnheader", name="Change")).to_be_visible()

    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Workspaces")
    assert [text for text in warned if "Router" in text] == []


def test_a_log_that_is_posted_appears_without_a_reload(
    open_page: Open, backend: Caller, site: Cloud
) -> None:
    visit = open_page()
    visit.enter("admin", "/overview?range=7d")
    expect(visit.page.get_by_text("Live", exact=True)).to_be_visible()
    before = digits(visit.stat("Requests"))

    log = {"userId": "alice", "service": "assistant", "id": f"browser-{time.time_ns()}"}
    assert backend.post("/api/usage-logs", log).status == 201

    eventually(
        lambda: digits(visit.stat("Requests")), lambda seen: seen == before + 1, "the new log"
    )


def test_figures_on_the_overview_are_those_of_the_statistics(
    open_page: Open, backend: Caller
) -> None:
    visit = open_page()
    with visit.page.expect_response(lambda answer: OVERVIEW in answer.url) as first:
        visit.go("/overview?range=30d")
        visit.sign_in("admin")
    visit.settle()
    query = dict(re.findall(r"(startDate|endDate)=([\d-]+)", first.value.url))

    stats = backend.get("/api/usage-logs/stats", **query).body["statistics"]

    assert digits(visit.stat("Requests")) == stats["requests"]
    assert digits(visit.stat("Tokens")) == stats["tokens"]["total"]
    assert digits(visit.stat("Errors")) == stats["errors"]
    assert digits(visit.stat("Users")) == stats["users"]
    assert digits(visit.stat("Cost")) == stats["cost"]


@pytest.mark.parametrize("name", ["admin", "alice"])
def test_every_screen_fits_a_phone(open_page: Open, name: str) -> None:
    visit = open_page(size=PHONE)
    visit.enter(name)
    for path in visit.screens():
        visit.go(path)
        visit.settle()
        visit.shoot(f"phone-{path.strip('/').replace('/', '-')}")
        assert not visit.overflows(), path


def test_the_rest_of_the_navigation_is_a_touch_away_on_a_phone(open_page: Open) -> None:
    visit = open_page(size=PHONE)
    visit.enter("admin")
    visit.page.get_by_role("button", name="More").click()
    drawer = visit.page.get_by_role("dialog")
    drawer.get_by_role("link", name="Prices").click()

    expect(visit.page).to_have_url(re.compile("/prices$"))
    expect(drawer).to_have_count(0)


@pytest.mark.parametrize("language", ["th", "ko"])
def test_a_language_is_chosen_and_stays(open_page: Open, language: str) -> None:
    heading = text_of(language, "overview", "title")
    visit = open_page()
    visit.enter("admin")
    visit.page.get_by_role("button", name="Account and settings").last.click()
    visit.page.locator(f"[role=menuitem][lang={language}]").click()

    for _ in range(2):
        expect(visit.page.locator("html")).to_have_attribute("lang", language)
        expect(visit.page.get_by_role("heading", level=1)).to_have_text(heading)
        visit.page.reload()
        visit.settle()
    visit.shoot(f"overview-{language}")


@pytest.mark.parametrize(
    ("name", "scheme"),
    # An operator has an admin's screens and more.
    [("admin", "light"), ("operator", "dark"), ("alice", "light"), ("alice", "dark")],
)
def test_axe_finds_nothing_on_any_screen(open_page: Open, name: str, scheme: str) -> None:
    visit = open_page(scheme=scheme)
    visit.go("/")
    found = {"sign-in": visit_axe(visit)}
    visit.sign_in(name)
    visit.settle()
    if name == "operator":
        visit.go("/w/demo/overview")
        visit.settle()
    for path in visit.screens():
        visit.follow(path)
        found[path] = visit.axe()
        visit.shoot(f"{scheme}-{name}-{path.strip('/').replace('/', '-')}")

    assert len(found) > 2
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def visit_axe(visit: Visit) -> list[str]:
    """Axe on the form that lets people in."""
    expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
    return visit.axe()


def test_an_api_that_is_down_is_told_and_asked_again_on_demand(open_page: Open) -> None:
    visit = open_page()
    visit.enter("admin", "/prices")

    def refuse(route: Route) -> None:
        route.fulfill(
            status=503,
            content_type="application/problem+json",
            body='{"type":"urn:tally:problem:unavailable","title":"Not now","status":503,'
            '"detail":"Please repeat.","code":"unavailable","instance":"/","requestId":"r-1"}',
        )

    with visit.watch.accepting("503"):
        visit.page.route("**/api/analytics/**", refuse)
        visit.follow("/overview")
        alert = visit.page.get_by_role("alert").first
        expect(alert).to_contain_text("The service is not available right now")
        visit.page.unroute("**/api/analytics/**")
        visit.page.get_by_role("button", name="Try again").first.click()
        expect(visit.page.locator("dl dt").first).to_be_visible()


def test_an_api_that_cannot_be_reached_is_told(open_page: Open) -> None:
    visit = open_page()
    visit.enter("admin", "/prices")
    with visit.watch.accepting("ERR_CONNECTION_REFUSED"):
        visit.page.route("**/api/analytics/**", lambda route: route.abort("connectionrefused"))
        visit.follow("/overview")
        expect(visit.page.get_by_role("alert").first).to_contain_text("No connection")


def test_a_workspace_that_cannot_be_loaded_leaves_the_way_out(open_page: Open) -> None:
    visit = open_page(size=PHONE)
    page = visit.page
    with visit.watch.accepting("ERR_CONNECTION_REFUSED"):
        page.route("**/api/admin/workspaces/*", lambda route: route.abort("connectionrefused"))
        visit.go("/overview")
        visit.sign_in("admin")
        expect(page.get_by_role("alert")).to_contain_text("No connection")
        expect(page.get_by_role("navigation", name="Quick access")).to_be_visible()
        page.get_by_role("button", name="Account and settings").first.click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page.locator("input[autocomplete=username]")).to_be_visible()


def test_a_slow_answer_leaves_the_place_of_what_comes(open_page: Open) -> None:
    visit = open_page()
    visit.enter("admin", "/prices")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route(f"**{OVERVIEW}*", hold)
    visit.page.get_by_role("navigation").get_by_role("link", name="Overview").first.click()

    waiting = visit.page.locator("[aria-busy=true], .mantine-Skeleton-root").first
    expect(waiting).to_be_visible()
    expect(visit.page.get_by_role("alert")).to_have_count(0)
    assert held
    for route in held:
        route.continue_()
    visit.page.unroute(f"**{OVERVIEW}*")
    visit.settle()
    expect(visit.page.locator("dl dt").first).to_be_visible()
