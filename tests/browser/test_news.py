"""How often a page asks when nothing tells it of changes (UI-2)."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import Visit

MOST_A_MINUTE: Final = 12

HIDE: Final = """() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def asked_in_a_minute(visit: Visit) -> int:
    """Requests to the API while the page's clock goes on by a minute."""
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.page.clock.run_for("01:00")
    visit.page.wait_for_load_state("networkidle")
    return len([url for url in asked if "/api/" in url])


def test_a_page_that_hears_nothing_asks_now_and_then_and_never_while_it_is_hidden(
    open_page: Open,
) -> None:
    visit = open_page()
    visit.page.clock.install()
    visit.page.route_web_socket(re.compile("^ws"), lambda socket: socket.close())
    visit.enter("admin", "/overview?range=7d")
    expect(visit.page.get_by_text("Updating", exact=True)).to_be_visible()
    visit.page.wait_for_load_state("networkidle")

    assert 0 < asked_in_a_minute(visit) <= MOST_A_MINUTE
    visit.page.evaluate(HIDE)
    expect(visit.page.get_by_text("Paused", exact=True)).to_be_visible()
    assert asked_in_a_minute(visit) == 0
