"""What OpenAI's answers and streams say of their usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tally import reading
from tally.wrapping._call import Look, Seen

CHAT: Final = "/chat/completions"
RESPONSES: Final = "/responses"
PATHS: Final = frozenset({CHAT, RESPONSES, "/completions", "/embeddings"})

FAILED: Final = "response.failed"


def asks_for_usage(path: str, body: Mapping[str, Any]) -> bool:
    """Whether a request will be told its usage: everything but a stream of completions that did not ask."""
    options = body.get("stream_options")
    asked = isinstance(options, Mapping) and bool(options.get("include_usage"))
    return not body.get("stream") or path in (RESPONSES, "/embeddings") or asked


def with_usage(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request, asking for its usage."""
    return {**body, "stream_options": {**(body.get("stream_options") or {}), "include_usage": True}}


def user_of(body: Mapping[str, Any]) -> str | None:
    """The end user whom a request names."""
    user = body.get("safety_identifier") or body.get("user")
    return user if isinstance(user, str) else None


def look(seen: Seen, item: Any) -> bool:
    """Learn from an answer, a chunk of a stream of completions, or an event of a stream of responses."""
    whole = getattr(item, "response", None) or item  # an event brings the response as it stands
    seen.answered = getattr(whole, "model", None) or seen.answered
    seen.tokens = reading.openai(getattr(whole, "usage", None)) or seen.tokens
    seen.request_id = getattr(item, "_request_id", None) or seen.request_id
    if getattr(item, "type", None) == FAILED or getattr(whole, "status", None) == "failed":
        seen.error_code = getattr(getattr(whole, "error", None), "code", None) or FAILED
    return True


def hiding(look: Look) -> Look:
    """`look`, keeping from the caller what only the wrapper asked for.

    That is the last chunk, which is usage alone, and the empty `usage` of the others.
    """

    def hide(seen: Seen, chunk: Any) -> bool:
        look(seen, chunk)
        if getattr(chunk, "usage", None) is not None and not chunk.choices:
            return False
        if getattr(chunk, "usage", None) is None:
            chunk.model_fields_set.discard("usage")
        return True

    return hide
