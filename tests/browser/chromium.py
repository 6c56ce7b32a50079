"""A Chromium to drive: one that is there, or one that is installed now."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import Playwright

NAMED: Final = "TALLY_CHROMIUM"
"""Names a browser to take."""

COMMANDS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ELSEWHERE: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
INSTALL_SECONDS: Final = 600

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Everything is on the loopback address, whatever proxy the machine uses for the rest.
    "--no-proxy-server",
)


class NoBrowserError(Exception):
    """There is none, and none could be installed; the message says what was tried."""


def executable(playwright: Playwright) -> str:
    """The path of a Chromium.

    Raises:
        NoBrowserError: there is none.
    """
    return _there(playwright) or _installed(playwright)


def _there(playwright: Playwright) -> str | None:
    named = os.environ.get(NAMED)
    own = playwright.chromium.executable_path
    candidates = [named, *map(shutil.which, COMMANDS), own, *ELSEWHERE]
    return next((path for path in candidates if path and Path(path).exists()), None)


def _installed(playwright: Playwright) -> str:
    tried = []
    for commands in _ways():
        said = ""
        for command in commands:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
            )
            said = (done.stderr or done.stdout).strip()[-500:]
            if done.returncode:
                break
        found = _there(playwright)
        if found:
            return found
        tried.append(f"{' '.join(commands[-1])}: {said}")
    raise NoBrowserError("there is no Chromium, and none can be installed\n" + "\n".join(tried))


def _ways() -> list[list[list[str]]]:
    ways = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        get = ["apt-get", "-q", "-y"]
        ways.append([[*get, "update"], [*get, "install", "--no-install-recommends", "chromium"]])
    ways.append([[sys.executable, "-m", "playwright", "install", "chromium"]])
    return ways
