"""A meter for the tools of an MCP server built with the official SDK (`mcp` 2), on any transport."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from tally._context import context
from tally._measure import Measurement, measure
from tally._quiet import quiet
from tally._tools import CALL_TOOL, ToolPrice, answer_usage
from tally._usage import Sink

UserOf = Callable[[Any], "str | None"]
CallNext = Callable[[Any], Awaitable[Any]]

AUTHENTICATION: Final = "mcp.server.auth.middleware.auth_context"


def user_of_token(_: Any = None) -> str | None:
    """The subject of the access token that the SDK checked, else its client; None without a token."""
    module = sys.modules.get(AUTHENTICATION)
    token = module.get_access_token() if module is not None else None
    return None if token is None else token.subject or token.client_id


class ToolMeter:
    """Records every tool call of a server: tool, time, outcome, size of the result.

        server = MCPServer("weather")
        server.middleware.append(ToolMeter())

    `user` is the user, or finds the user in the SDK's request context (default: the access token's).
    `service` is what it is recorded as; metadata says `tool`. `credits` is what a call that succeeds
    takes, for every tool or by its name; without it the workspace's prices count. What the tool calls in
    turn is booked on the same user. The server's answers and errors pass through as they are.
    """

    def __init__(
        self,
        user: str | UserOf = user_of_token,
        *,
        service: str = "mcp",
        credits: ToolPrice = None,
        recorder: Sink | None = None,
    ) -> None:
        self._user = user
        self._service = service
        self._credits = credits
        self._recorder = recorder

    async def __call__(self, ctx: Any, call_next: CallNext) -> Any:
        """Serve one message of a client (the SDK calls this)."""
        if ctx.method != CALL_TOOL or ctx.request_id is None:
            return await call_next(ctx)
        tool = str((ctx.params or {}).get("name"))
        with measure(self._service, recorder=self._recorder) as use:
            with quiet("find the user of a tool call"):
                use.user_id = self._user if isinstance(self._user, str) else self._user(ctx)
            use.metadata["tool"] = tool
            with context(user_id=use.user_id):
                try:
                    result = await call_next(ctx)
                except Exception as error:
                    use.error_code = _json_rpc_code(error)
                    raise
            with quiet("read the result of a tool call"):
                self._look_at(tool, result, use)
        return result

    def _look_at(self, tool: str, result: Any, use: Measurement) -> None:
        answer = _wire_form(result)
        use.size(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))
        usage = answer_usage(tool, {"result": answer}, self._credits, failed=False)
        if usage is None:
            use.skip()
            return
        use.metadata |= usage.pop("metadata")
        for name, value in usage.items():
            setattr(use, name, value)


def _json_rpc_code(error: Exception) -> str | None:
    """The code of a protocol's error, which is a number."""
    code = getattr(getattr(error, "error", None), "code", None)
    return None if code is None else str(code)


def _wire_form(result: Any) -> Mapping[str, Any]:
    if isinstance(result, Mapping):
        return result
    dump = getattr(result, "model_dump", None)
    found = {} if dump is None else dump(mode="json", by_alias=True, exclude_none=True)
    return found if isinstance(found, Mapping) else {}
