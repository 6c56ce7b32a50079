"""One request on its way: what is known of it by the time it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.http.messages import Identity, Request
from shared.routes import Route


@dataclass(slots=True)
class Visit:
    """A request, and what was found out about it so far.

    `identity` is the caller's own until it is known in which workspace they act; `actor` is how the audit
    trail names them; `headers` go with any answer.
    """

    request: Request
    route: Route | None = None
    identity: Identity | None = None
    actor: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
