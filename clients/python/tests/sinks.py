"""Where tests look for what was recorded."""

from __future__ import annotations

import threading
from typing import Any

PATIENCE_SECONDS = 20
"""How long to wait for what comes from another thread before something must be wrong."""


class ListSink:
    """Keeps what is recorded in a list."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._came = threading.Condition()

    def record(self, **usage: Any) -> str:
        with self._came:
            self.rows.append(usage)
            self._came.notify_all()
        return str(usage.get("id", f"log-{len(self.rows)}"))

    def wait(self, count: int = 1) -> list[dict[str, Any]]:
        """The rows, when there are so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.rows) >= count, PATIENCE_SECONDS), self.rows
        return self.rows

    @property
    def only(self) -> dict[str, Any]:
        """The one row there is."""
        assert len(self.rows) == 1, self.rows
        return self.rows[0]


class BrokenSink:
    """Raises whatever is recorded."""

    def record(self, **usage: Any) -> str:
        raise RuntimeError("no room")
