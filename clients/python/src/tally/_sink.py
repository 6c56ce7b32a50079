"""Where measured usage goes, and the shape it goes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import tally
from tally._quiet import logger, quiet
from tally._usage import Sink

MAX_TEXT: Final = 128
"""Characters the API takes of an `errorCode` and of a `requestId`."""

MAX_RESPONSE_MS: Final = 7 * 86_400_000
"""The longest response time the API takes: a week."""


def deliver(recorder: Sink | None, *layers: Mapping[str, Any]) -> str | None:
    """Record what the layers say of one request, later ones first; returns its id.

    Without a user there is nobody to book it on, so nothing is recorded. Never raises. `recorder` None is
    the default one of `tally.configure`.
    """
    with quiet("record usage"):
        usage = joined(*layers)
        if not usage.get("user_id"):
            logger.debug("not recorded: nobody's usage of %s", usage.get("service"))
            return None
        _fit(usage)
        return recorder.record(**usage) if recorder is not None else tally.record(**usage)
    return None


def joined(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """One usage of several, later ones first; None is absent, members of metadata are joined."""
    usage: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for layer in layers:
        usage |= {name: value for name, value in layer.items() if value is not None}
        metadata |= layer.get("metadata") or {}
    usage.pop("metadata", None)
    return usage | ({"metadata": metadata} if metadata else {})


def _fit(usage: dict[str, Any]) -> None:
    """What a program happens to say is cut to what the API takes: it is no reason to lose the usage."""
    for name in ("error_code", "request_id"):
        if name in usage:
            usage[name] = printable(str(usage[name]))
    if "response_time_ms" in usage:
        usage["response_time_ms"] = min(max(round(usage["response_time_ms"]), 0), MAX_RESPONSE_MS)


def printable(text: str, limit: int = MAX_TEXT) -> str:
    """A text without control characters, cut."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:limit]) or "-"
