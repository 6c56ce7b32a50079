"""From operations, which say what to send, to methods, which send it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from tally._call import Call
from tally._models.pages import Page

P = ParamSpec("P")
T = TypeVar("T")

LARGEST_PAGE: Final = "100"
"""Rows that a page has when all are wanted: the most the API gives."""


class Group:
    """Operations that belong together. `_send` is the client's own."""

    def __init__(self, send: Callable[[Call[Any]], Any]) -> None:
        self._send = send


def sync(build: Callable[P, Call[T]]) -> Callable[Concatenate[Any, P], T]:
    """A method that sends the call and returns its result."""

    @wraps(build)
    def method(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = self._send(build(*args, **kwargs))
        return result

    return method


def awaited(build: Callable[P, Call[T]]) -> Callable[Concatenate[Any, P], Awaitable[T]]:
    """A coroutine method that does the same."""

    @wraps(build)
    async def method(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = await self._send(build(*args, **kwargs))
        return result

    return method


def every(build: Callable[P, Call[Page[T]]]) -> Callable[Concatenate[Any, P], Iterator[T]]:
    """A method that iterates over all items of a list, page after page."""

    @wraps(build)
    def method(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        call: Call[Page[T]] | None = _first(build(*args, **kwargs))
        while call is not None:
            page: Page[T] = self._send(call)
            yield from page.items
            call = _next(call, page)

    return method


def every_awaited(
    build: Callable[P, Call[Page[T]]],
) -> Callable[Concatenate[Any, P], AsyncIterator[T]]:
    """An asynchronous iterator over the same."""

    @wraps(build)
    async def method(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        call: Call[Page[T]] | None = _first(build(*args, **kwargs))
        while call is not None:
            page: Page[T] = await self._send(call)
            for item in page.items:
                yield item
            call = _next(call, page)

    return method


def _first(call: Call[Page[T]]) -> Call[Page[T]]:
    return replace(call, params={"limit": LARGEST_PAGE, **call.params})


def _next(call: Call[Page[T]], page: Page[T]) -> Call[Page[T]] | None:
    """The call for the next page; a cursor leads there, a page's number no longer does."""
    if page.next_cursor is None:
        return None
    params = {name: value for name, value in call.params.items() if name != "page"}
    return replace(call, params={**params, "cursor": page.next_cursor})
