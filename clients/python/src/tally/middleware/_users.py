"""Who a request is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tally.middleware._meter import Request

UserOf = Callable[[Request], "str | None"]


def user_from_header(name: str) -> UserOf:
    """The user that a header names. Only behind something that sets it itself: anybody can send one."""
    wanted = name.lower()
    return lambda request: request.headers.get(wanted) or None


def user_from_scope(request: Request) -> str | None:
    """The user whom ASGI authentication found: `scope["user"]`, if it `is_authenticated`.

    Takes the first of `identity`, `username` and `display_name` that says something.
    """
    user = request.raw.get("user")
    if user is None or not getattr(user, "is_authenticated", True):
        return None
    return next(filter(None, (_text(user, name) for name in NAMES)), None)


NAMES: Final = ("identity", "username", "display_name")


def _text(user: object, name: str) -> str | None:
    try:
        return str(getattr(user, name))
    except (AttributeError, NotImplementedError):  # Starlette's base class raises the latter
        return None


def user_from_state(name: str = "user_id") -> UserOf:
    """The user whom the service itself names while it works: `request.state.user_id = "alice"` (ASGI)."""

    def user(request: Request) -> str | None:
        state = request.raw.get("state")
        return state.get(name) if isinstance(state, Mapping) else None

    return user


def user_from_environ(name: str = "REMOTE_USER") -> UserOf:
    """The user that a variable of the WSGI environment names, set by the server or by the service itself."""
    return lambda request: request.raw.get(name) or None


def first_of(*ways: UserOf) -> UserOf:
    """The user whom the first of some ways finds."""
    return lambda request: next(filter(None, (way(request) for way in ways)), None)
