"""What a call of an MCP tool is as usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tally._sink import printable

CALL_TOOL: Final = "tools/call"
TOOL_ERROR: Final = "tool_error"
"""What the protocol's own instrumentation calls an answer with `isError`."""

ToolPrice = int | Mapping[str, int] | None
"""Credits of a call: the same for all tools, or by their names."""


def answer_usage(
    tool: str, answer: Mapping[str, Any], credits: ToolPrice, *, failed: bool
) -> dict[str, Any] | None:
    """Usage of a call whose JSON-RPC answer is `answer` (`{result}`, `{error}`, or nothing known).

    `failed` says that it failed already on the way. None when the call goes on: the server asks for more
    input first, and the client will call again.
    """
    result, error = answer.get("result"), answer.get("error")
    usage: dict[str, Any] = {"metadata": {"tool": printable(tool)}}
    if isinstance(error, Mapping):
        return usage | {"status": "error", "error_code": str(error.get("code", TOOL_ERROR))}
    if isinstance(result, Mapping):
        if result.get("resultType") == "input_required":
            return None
        if result.get("isError") is True:
            return usage | {"status": "error", "error_code": TOOL_ERROR}
    if not failed:
        price = credits.get(tool) if isinstance(credits, Mapping) else credits
        usage |= {} if price is None else {"credits": price}
    return usage
