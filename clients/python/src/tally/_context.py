"""Who is served: said once, known to everything measured inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

_usage: ContextVar[Mapping[str, Any]] = ContextVar("tally_usage", default=NOTHING)


def current_usage() -> Mapping[str, Any]:
    """What `context` says here."""
    return _usage.get()


@contextmanager
def context(**usage: Any) -> Iterator[None]:
    """Say what everything measured in the block is used for: `with tally.context(user_id="alice"): …`.

    Takes the members of `record_usage`. An inner context adds to the outer one, `metadata` member by
    member; what a measurement says itself counts first. Tasks and `asyncio.to_thread` inherit it, plain
    threads do not. Do not hold it open across a `yield` of a generator: whoever consumes the generator
    would run in it.
    """
    outer = _usage.get()
    said = {name: value for name, value in usage.items() if value is not None}
    if "metadata" in said and "metadata" in outer:
        said["metadata"] = {**outer["metadata"], **said["metadata"]}
    token = _usage.set({**outer, **said})
    try:
        yield
    finally:
        _usage.reset(token)
