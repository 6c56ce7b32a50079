"""Recording every call of a function."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from tally._context import context
from tally._measure import Measurement, measure
from tally._quiet import quiet

P = ParamSpec("P")
R = TypeVar("R")

USER_PARAMETER: Final = "user_id"

UserOf = Callable[..., "str | None"]
ReadResult = Callable[[Any], "Mapping[str, Any]"]


def track(
    *,
    service: str,
    user_id: str | UserOf | None = None,
    read: ReadResult | None = None,
    **usage: Any,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Record every call of a function: time, outcome, and size where it returns text or bytes.

        @tally.track(service="search", read=lambda answer: {"tokens": answer.tokens})
        def search(user_id: str, query: str) -> Answer: ...

    Works for functions, coroutine functions, generators and asynchronous generators, which are measured
    to their end. `user_id` is the user, or a function that finds the user in the arguments of the call;
    without it, the argument called `user_id` is the user, else the one of `tally.context`. A function
    runs in a context of its user, so what it calls is booked on the same one. `read` gets what the
    function returned and says more about the usage. `usage` are further members of `record_usage`, and
    `recorder`. The function's results and exceptions are passed on as they are.

    Raises:
        TypeError: `read` is given for a generator, which has no result, or there is no such member.
    """
    measure(service, **usage)  # a wrong member is told here, not in a call

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        user_of = _user_of(function, user_id)

        def start(args: Any, kwargs: Any) -> Measurement:
            use = measure(service, **usage)
            with quiet("find the user of a call"):
                use.user_id = user_of(*args, **kwargs)
            return use

        return cast("Callable[P, R]", wraps(function)(_tracked(function, start, read)))

    return decorate


Start = Callable[[Any, Any], Measurement]


def _tracked(
    function: Callable[..., Any], start: Start, read: ReadResult | None
) -> Callable[..., Any]:
    """The function, measured in the way of its kind."""
    generates_async = inspect.isasyncgenfunction(function)
    if generates_async or inspect.isgeneratorfunction(function):
        if read is not None:
            raise TypeError("a generator returns nothing to read: use tally.measure inside of it")
        return (_generating_async if generates_async else _generating)(function, start)
    if inspect.iscoroutinefunction(function):
        return _waiting(function, start, read)
    return _calling(function, start, read)


def _calling(
    function: Callable[..., Any], start: Start, read: ReadResult | None
) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with start(args, kwargs) as use, context(user_id=use.user_id):
            result = function(*args, **kwargs)
            _look_at(result, use, read)
        return result

    return call


def _waiting(
    function: Callable[..., Any], start: Start, read: ReadResult | None
) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with start(args, kwargs) as use, context(user_id=use.user_id):
            result = await function(*args, **kwargs)
            _look_at(result, use, read)
        return result

    return call


def _generating(function: Callable[..., Any], start: Start) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with start(args, kwargs):
            return (yield from function(*args, **kwargs))

    return call


def _generating_async(function: Callable[..., Any], start: Start) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with start(args, kwargs):
            inner = function(*args, **kwargs)
            step = inner.asend(None)
            while True:
                try:
                    item = await step
                except StopAsyncIteration:
                    return
                try:
                    sent = yield item
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown in, and so thrown on
                    step = inner.athrow(error)
                else:
                    step = inner.asend(sent)

    return call


def _look_at(result: Any, use: Measurement, read: ReadResult | None) -> None:
    """What the result says: its size, and what `read` finds."""
    if isinstance(result, str | bytes):
        use.size(result)
    if read is not None:
        with quiet("read usage out of a result"):
            for name, value in read(result).items():
                setattr(use, name, value)


def _user_of(function: Callable[..., Any], user_id: str | UserOf | None) -> UserOf:
    """What finds the user of a call."""
    if callable(user_id):
        return user_id
    if user_id is not None:
        return lambda *_args, **_kwargs: user_id
    return _argument(inspect.signature(function))


def _argument(signature: inspect.Signature) -> UserOf:
    """What finds the argument of a call that is called `user_id`."""
    names = list(signature.parameters)
    if USER_PARAMETER not in names:
        return lambda *_args, **_kwargs: None
    parameter = signature.parameters[USER_PARAMETER]
    by_position = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    position = names.index(USER_PARAMETER) if by_position else sys.maxsize
    default = None if parameter.default is parameter.empty else parameter.default

    def argument(*args: Any, **kwargs: Any) -> str | None:
        found = args[position] if position < len(args) else kwargs.get(USER_PARAMETER, default)
        return None if found is None else str(found)

    return argument
