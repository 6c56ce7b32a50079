"""How often a page asks when nothing tells it of changes (UI-2)."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import Visit

MOST_A_MINUTE: Final = 12
ASK_EVERY_MS: Final = 6_000

HIDE: Final = """() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def asked(visit: Visit) -> list[str]:
    """What the API is asked for from now on."""
    urls: list[str] = []
    visit.page.on("request", lambda request: urls.append(request.url))
    return urls


def of_the_api(urls: list[str]) -> int:
    return sum("/api/" in url for url in urls)


def test_a_page_that_hears_nothing_asks_now_and_then_and_never_while_it_is_hidden(
    open_page: Open,
) -> None:
    visit = open_page()
    visit.page.clock.install()
    visit.page.route_web_socket(re.compile("^ws"), lambda socket: socket.close())
    visit.enter("admin", "/overview?range=7d")
    expect(visit.page.get_by_text("Updating", exact=True)).to_be_visible()
    visit.page.wait_for_load_state("networkidle")

    idle = asked(visit)
    for _ in range(60_000 // ASK_EVERY_MS):
        # The page's time does not run ahead of the answers it waits for.
        with visit.page.expect_response(lambda response: "/api/" in response.url):
            visit.page.clock.run_for(ASK_EVERY_MS)
    assert of_the_api(idle) <= MOST_A_MINUTE

    visit.page.evaluate(HIDE)
    expect(visit.page.get_by_text("Paused", exact=True)).to_be_visible()
    hidden = asked(visit)
    visit.page.clock.run_for("01:00")
    visit.page.wait_for_load_state("networkidle")
    assert of_the_api(hidden) == 0
