"""What Anthropic's answers and streams say of their usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tally import reading
from tally.wrapping._call import Seen

PATHS: Final = frozenset({"/v1/messages"})

COUNTS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens_details",
)


def user_of(body: Mapping[str, Any]) -> str | None:
    """The end user whom a request names."""
    metadata = body.get("metadata")
    user = metadata.get("user_id") if isinstance(metadata, Mapping) else None
    return user if isinstance(user, str) else None


class Counts:
    """The counts of one call: a stream says them at its beginning, and those that grew again later."""

    def __init__(self) -> None:
        self._counts: dict[str, Any] = {}

    def look(self, seen: Seen, item: Any) -> bool:
        """Learn from an answer or an event of a stream; every event is for the caller."""
        message = getattr(item, "message", None) or item  # `message_start` brings the message
        seen.answered = getattr(message, "model", None) or seen.answered
        seen.request_id = getattr(item, "_request_id", None) or seen.request_id
        usage = getattr(message, "usage", None)
        if usage is not None:
            told = {name: getattr(usage, name, None) for name in COUNTS}
            self._counts |= {name: value for name, value in told.items() if value is not None}
            seen.tokens = reading.anthropic(self._counts)
        return True
