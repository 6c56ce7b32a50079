"""Who listens for changes of a workspace, for how long, and how many may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

HELLO_WITHIN_S: Final = 10
"""Time to say who one is; a connection that says nothing is closed."""

HOLDS_MS: Final = 15 * 60_000
"""How long a hello holds. A page says it again in half that time, with a token that is good then."""

MOST_OF_PERSON: Final = 5
"""Connections of one person to a workspace: windows and devices. The newest are served."""

MOST_OF_WORKSPACE: Final = 500
"""Connections to a workspace: told of a change within a second. Whoever comes later looks by themselves."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A connection that said hello. `actor` names the person as the audit trail does."""

    workspace_id: str
    actor: str
    connection_id: str
    since_ms: int
    until_ms: int


def one_too_many(listeners: Iterable[Listener], new: Listener) -> list[Listener]:
    """Those who have to go so that a person, with the new one, has as many connections as they may."""
    theirs = [
        listener
        for listener in listeners
        if listener.actor == new.actor and listener.connection_id != new.connection_id
    ]
    theirs.sort(key=lambda listener: (listener.since_ms, listener.connection_id))
    return theirs[: max(0, len(theirs) + 1 - MOST_OF_PERSON)]
