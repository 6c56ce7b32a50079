"""How often a page asks when nothing tells it of changes (UI-2)."""

from __future__ import annotations

import re
import time
from typing import Final

from playwright.sync_api import Request, expect

from shared.http.conditional import SETTLING_MS
from shared.http.etags import tags_of
from tests.browser.conftest import Open
from tests.browser.visit import Visit
from tests.e2e.platform import PASSWORD, Platform, Shop, eventually

MOST_A_MINUTE: Final = 12
ASK_EVERY_MS: Final = 6_000
OF_THE_API: Final = re.compile("/api/")
THE_QUESTION: Final = re.compile(r"/api/usage-logs/summary\?period=today")

HIDE: Final = """() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


class Asked:
    """What the API is asked for from now on, and what of it is still to be answered."""

    def __init__(self, visit: Visit) -> None:
        self._page = visit.page
        self.requests: list[Request] = []
        self._waiting: list[Request] = []
        self._page.on("request", self._sent)
        self._page.on("requestfinished", self._over)
        self._page.on("requestfailed", self._over)

    def settle(self) -> None:
        """Wait until everything is answered, and stop the time of the page."""
        eventually(self._unanswered, lambda left: not left, "every answer")
        self._page.clock.pause_at(self._page.evaluate("Date.now() / 1000") + 1)

    def pass_time(self) -> None:
        """Let the time of the page go on until it asks again, and wait until it has its answers.

        So the time of the page never runs ahead of what it waits for.
        """
        with self._page.expect_request(THE_QUESTION):
            self._page.clock.run_for(ASK_EVERY_MS)
        eventually(self._unanswered, lambda left: not left, "every answer")

    def _sent(self, request: Request) -> None:
        if OF_THE_API.search(request.url):
            self.requests.append(request)
            self._waiting.append(request)

    def _over(self, request: Request) -> None:
        if request in self._waiting:
            self._waiting.remove(request)

    def _unanswered(self) -> list[str]:
        # Events come in while the page is spoken to.
        self._page.evaluate("0")
        return [request.url for request in self._waiting]


def lasts_ms(shop: Shop) -> int:
    """For how long the figures that the page asks for are told as unchanged, if nothing happens."""
    answer = shop.admin.get("/api/usage-logs/summary", period="today", groupBy="service")
    (tag,) = tags_of({"if-none-match": answer.headers["etag"]})
    return tag.until_ms - time.time_ns() // 1_000_000


def test_a_page_that_hears_nothing_asks_now_and_then_and_never_while_it_is_hidden(
    open_page: Open, platform: Platform
) -> None:
    # Of its own, so that nothing that other tests left to be counted is news here.
    shop = platform.shop()
    # Right after a change figures are told anew once more, and the page takes that for news.
    eventually(lambda: lasts_ms(shop), lambda ms: ms > SETTLING_MS, "figures that have settled")
    visit = open_page()
    visit.page.clock.install()
    visit.page.route_web_socket(re.compile("^ws"), lambda socket: socket.close())
    early = Asked(visit)
    visit.enter(f"admin-of-{shop.workspace_id}", "/overview?range=7d", PASSWORD)
    expect(visit.page.get_by_text("Updating", exact=True)).to_be_visible()
    early.settle()
    early.pass_time()

    idle = Asked(visit)
    for _ in range(60_000 // ASK_EVERY_MS):
        idle.pass_time()
    assert len(idle.requests) <= MOST_A_MINUTE, [request.url for request in idle.requests]

    visit.page.evaluate(HIDE)
    expect(visit.page.get_by_text("Paused", exact=True)).to_be_visible()
    hidden = Asked(visit)
    visit.page.clock.run_for("01:00")
    # What was asked in that minute would have been answered by now.
    visit.page.evaluate("() => fetch('/tally.svg')")
    assert hidden.requests == []
