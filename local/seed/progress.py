"""Tells somebody who waits how far it is: a bar on a terminal, nothing in between elsewhere."""

from __future__ import annotations

import sys
import time
from threading import Lock
from typing import Final, Self, TextIO

WIDTH: Final = 30
REDRAW_SECONDS: Final = 0.1


class Progress:
    """One task of `total` steps. Safe between threads; the closing line says how long it took."""

    def __init__(self, task: str, total: int, out: TextIO | None = None) -> None:
        self._task = task
        self._total = total
        self._out = out or sys.stdout
        self._done = 0
        self._begun = time.monotonic()
        self._drawn = 0.0
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *rest: object) -> None:
        if self._out.isatty():
            self._out.write("\r\033[K")
        seconds = time.monotonic() - self._begun
        ending = f"{self._total:,} in {seconds:.1f} s" if failure is None else "not finished"
        self._out.write(f"  {self._task}: {ending}\n")
        self._out.flush()

    def step(self, count: int = 1) -> None:
        """So many more are done."""
        with self._lock:
            self._done += count
            now = time.monotonic()
            if self._out.isatty() and now - self._drawn >= REDRAW_SECONDS:
                self._drawn = now
                self._draw()

    def _draw(self) -> None:
        full = WIDTH * self._done // max(1, self._total)
        bar = "█" * full + "·" * (WIDTH - full)
        self._out.write(f"\r  {self._task} {bar} {self._done:,} of {self._total:,}")
        self._out.flush()
