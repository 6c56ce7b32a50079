"""Where tests look for what was recorded."""

from __future__ import annotations

from typing import Any


class ListSink:
    """Keeps what is recorded in a list."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def record(self, **usage: Any) -> str:
        self.rows.append(usage)
        return str(usage.get("id", f"log-{len(self.rows)}"))

    @property
    def only(self) -> dict[str, Any]:
        """The one row there is."""
        assert len(self.rows) == 1, self.rows
        return self.rows[0]


class BrokenSink:
    """Raises whatever is recorded."""

    def record(self, **usage: Any) -> str:
        raise RuntimeError("no room")
