"""A browser before the dashboard of the deployed stack, the one that the end-to-end tests of the run use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from local.cloud import Cloud
from tests.browser.chromium import FLAGS, NoBrowserError, executable
from tests.browser.visit import DESK, Visit, Watch
from tests.e2e.conftest import demo, platform, state
from tests.e2e.platform import Caller, Platform

__all__ = ["demo", "platform", "state"]

Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium. Where there is none and none can be had, continuous integration fails."""
    try:
        path = executable(playwright)
    except NoBrowserError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def site(demo: Cloud) -> Cloud:
    """The cloud with the demo's data, and a page to open."""
    assert demo.settings.get("published"), "the dashboard is not built: run `make dashboard`"
    return demo


@pytest.fixture(scope="session")
def backend(platform: Platform, site: Cloud) -> Caller:
    """The demo workspace's backend."""
    return platform.with_credential(str(site.settings["serviceApiKey"]))


@pytest.fixture
def open_page(browser: Browser, site: Cloud) -> Iterator[Open]:
    """Opens browsers of their own: `open_page(size=PHONE, language="th", scheme="dark")`.

    When the test is over, nothing may have been complained of in any of them.
    """
    opened: list[Visit] = []

    def make(
        size: tuple[int, int] = DESK, language: str = "en", scheme: str = "light", **more: Any
    ) -> Visit:
        context = browser.new_context(
            base_url=str(site.settings["dashboardUrl"]),
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            accept_downloads=True,
            **more,
        )
        visit = Visit(context.new_page(), Watch(), site)
        opened.append(visit)
        return visit

    yield make
    problems = [problem for visit in opened for problem in visit.watch.problems]
    for visit in opened:
        visit.page.context.close()
    assert problems == [], "\n".join(problems)
