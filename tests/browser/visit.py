"""Somebody at the dashboard: what they do, and everything that must not happen meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect

from local.cloud import Cloud

ROOT: Final = Path(__file__).resolve().parents[2]
AXE: Final = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS: Final = ROOT / ".build" / "screenshots"

PATIENCE_MS: Final = 20_000
"""How long a condition is waited for: the machine of a continuous integration may be slow."""

STANDARDS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

expect.set_options(timeout=PATIENCE_MS)

PHONE: Final = (390, 844)
DESK: Final = (1280, 900)

LEFT: Final = "net::ERR_ABORTED"
"""What a request ends with when the page that asked has gone on to another."""


@cache
def _axe() -> str:
    return AXE.read_text()


@dataclass
class Watch:
    """Everything a browser complains of: errors of the console, violations of policies, failed requests."""

    problems: list[str] = field(default_factory=list)
    accepted: list[re.Pattern[str]] = field(default_factory=list)

    def look_at(self, page: Page) -> None:
        """Watch a page from now on."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._found(f"error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    @contextmanager
    def accepting(self, *patterns: str) -> Iterator[None]:
        """Take for granted what matches, while it is provoked."""
        added = [re.compile(pattern) for pattern in patterns]
        self.accepted += added
        yield
        self.accepted = [each for each in self.accepted if each not in added]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self._found(f"console: {message.text} ({where})")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self._found(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            request = response.request
            self._found(f"answered: {response.status} {request.method} {response.url}")

    def _found(self, problem: str) -> None:
        if not any(pattern.search(problem) for pattern in self.accepted):
            self.problems.append(problem)


class Visit:
    """A browser of its own, at the dashboard of a cloud. `page` is Playwright's."""

    def __init__(self, page: Page, watch: Watch, cloud: Cloud) -> None:
        self.page = page
        self.watch = watch
        self._cloud = cloud
        page.set_default_timeout(PATIENCE_MS)
        watch.look_at(page)

    def go(self, path: str = "/") -> None:
        """Open an address within the dashboard, as a new load of the page."""
        self.page.goto(path)

    def sign_in(self, username: str, password: str | None = None) -> None:
        """Fill the form in; the password is the one the cloud knows unless given."""
        form = self.page.locator("form")
        form.locator("input[autocomplete=username]").fill(username)
        known = password or self._cloud.passwords()[username]
        form.locator("input[autocomplete=current-password]").fill(known)
        form.locator("button[type=submit]").click()

    def enter(self, username: str, path: str = "/", password: str | None = None) -> None:
        """Open an address and sign in, until its screen is there."""
        self.go(path)
        self.sign_in(username, password)
        self.settle()

    def settle(self) -> None:
        """Wait until the screen is there: its heading, and nothing that is still loading or asked."""
        expect(self.page.locator("form input[autocomplete=current-password]")).to_have_count(0)
        expect(self.page.locator("main h1").first).to_be_visible()
        expect(self.page.locator("[aria-busy=true], .mantine-Skeleton-root")).to_have_count(0)

    def follow(self, path: str) -> None:
        """Open a screen by its link in the navigation, without a new load of the page."""
        self.page.locator(f"nav li a[href='{path}']").first.click()
        self.page.wait_for_url(f"**{path}*")
        self.settle()

    def screens(self) -> list[str]:
        """The paths that the navigation leads to, those that are folded away on a phone too."""
        links = self.page.locator("nav li a").all()
        found = [link.get_attribute("href") or "" for link in links]
        assert found, "there is no navigation"
        return list(dict.fromkeys(found))

    def stat(self, label: str) -> str:
        """A figure of the row of figures, with every digit."""
        term = self.page.locator("dt", has_text=re.compile(f"^{re.escape(label)}$"))
        value = self.page.locator("dl > div").filter(has=term).locator("dd").first
        exact = value.locator(".visually-hidden")
        return (exact if exact.count() else value).first.text_content() or ""

    def axe(self) -> list[str]:
        """What axe finds wrong with the page as it is, `rule: where` each."""
        self.page.evaluate(_axe())
        found: list[dict[str, Any]] = self.page.evaluate(
            """async (tags) => {
                const found = await axe.run(document, { runOnly: tags });
                return found.violations.map((each) => ({
                    id: each.id, where: each.nodes.map((node) => node.target.join(" ")),
                }));
            }""",
            list(STANDARDS),
        )
        return [f"{each['id']}: {', '.join(each['where'][:3])}" for each in found]

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        wider: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wider

    def shoot(self, name: str) -> None:
        """Take a picture of the whole page, to be looked at: `.build/screenshots/<name>.png`."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
