"""Every request of a known caller leaves one durable entry in the audit trail, or fails.

It is written when the answer is known and before it leaves. Where the table does not take it, the entry
goes to a queue that brings it there later: a write that is committed by then is not told to have failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol
from urllib.parse import quote

from aws_lambda_powertools import Logger

from shared.domain.audit import MAX_PART_LENGTH, AuditEntry, masked
from shared.domain.errors import NotFoundError, UnavailableError
from shared.domain.ids import ACCOUNT_ID, ID, uuid7
from shared.http.gate.callers import Callers
from shared.http.messages import Identity, Request
from shared.http.visit import Visit
from shared.ports.runtime import Clock
from shared.routes import OPERATOR, Route

USER_ID: Final = "userId"
WORKSPACE_ID: Final = "workspaceId"
NAMED_IN_QUERY: Final = (USER_ID, WORKSPACE_ID)
"""Query parameters that say whose data was asked for; free text and filters stay out of the trail."""

logger = Logger()


class Recorder(Protocol):
    """Takes entries for good."""

    def record(self, entry: AuditEntry) -> None:
        """Keep an entry, durably."""


class Auditor:
    """Writes entries to the first of several recorders that takes them."""

    def __init__(self, recorders: Sequence[Recorder], callers: Callers, clock: Clock) -> None:
        self._recorders = recorders
        self._callers = callers
        self._clock = clock

    def __call__(self, visit: Visit, status: int) -> None:
        """Keep an entry of an answered request.

        Raises:
            UnavailableError: nobody takes it.
        """
        assert visit.route is not None
        assert visit.identity is not None
        assert visit.actor is not None
        identity = visit.identity
        workspace_id = _where(identity, visit.request)
        entry = AuditEntry(
            workspace_id=workspace_id,
            entry_id=uuid7(self._clock.now_ms(), self._clock.random_bytes),
            actor=visit.actor,
            role=identity.role,
            action=visit.route.key,
            resource=self._resource(visit.route, visit.request, workspace_id),
            status=status,
            ip=visit.request.source_ip,
            request_id=visit.request.request_id,
        )
        self._keep(entry)

    def _keep(self, entry: AuditEntry) -> None:
        for recorder in self._recorders:
            try:
                recorder.record(entry)
            except Exception:  # whatever it is, the next one is there for it
                logger.exception("an audit entry was not taken", entry_id=entry.entry_id)
            else:
                return
        raise UnavailableError(
            "The access could not be written down, so the answer is withheld. What was asked for may "
            "have been done: please repeat it under the same id."
        )

    def _resource(self, route: Route, request: Request, workspace_id: str) -> str:
        """The path, and the user or workspace that the query names."""
        parts = [
            self._shown(part[1:-1], request.path.get(part[1:-1], ""), workspace_id)
            if part.startswith("{")
            else part
            for part in route.path.split("/")
        ]
        return "/".join(parts) + "".join(self._named(request, workspace_id))

    def _named(self, request: Request, workspace_id: str) -> Iterator[str]:
        separator = "?"
        for name in NAMED_IN_QUERY:
            if name in request.query:
                yield f"{separator}{name}={self._shown(name, request.query[name], workspace_id)}"
                separator = "&"

    def _shown(self, name: str, value: str, workspace_id: str) -> str:
        """A value as it may stand in an entry: a user by the account, the rest encoded and cut."""
        if name == USER_ID and ID.fullmatch(value) and not ACCOUNT_ID.fullmatch(value):
            try:
                return masked(self._callers.account_of(workspace_id, value))
            except NotFoundError:
                return "-"
        return quote(value[:MAX_PART_LENGTH], safe=":@", errors="replace")


def _where(identity: Identity, request: Request) -> str:
    """The workspace whose trail it is: of an operator, the one that the path names."""
    named = request.path.get(WORKSPACE_ID, "")
    if identity.role == OPERATOR and ID.fullmatch(named):
        return named
    return identity.workspace_id
