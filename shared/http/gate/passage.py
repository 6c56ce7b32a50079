"""What every request of a known caller passes: the rate limit before, the audit trail behind."""

from __future__ import annotations

from dataclasses import replace

from shared.http.gate.auditor import Auditor
from shared.http.gate.callers import Callers
from shared.http.gate.rates import Rates, RateSettings
from shared.http.messages import Response
from shared.http.visit import Visit
from shared.ports.rate_counters import RateCounter


class SharedGate:
    """The gate that all instances hold together."""

    def __init__(
        self, callers: Callers, rates: Rates, settings: RateSettings, auditor: Auditor
    ) -> None:
        self._callers = callers
        self._rates = rates
        self._settings = settings
        self._auditor = auditor

    def enter(self, visit: Visit) -> None:
        """Let a caller in. A batch is one request: its size is bounded, its work is the caller's credits.

        Raises:
            NotFoundError: the workspace of a user is not there.
            RateLimitedError: the caller made too many requests.
        """
        identity = visit.identity
        assert identity is not None
        visit.actor = self._callers.actor(identity)
        counter = RateCounter(identity.workspace_id, visit.actor)
        allowance = self._rates.take(counter, self._settings.limit_of(identity))
        visit.headers = allowance.headers()

    def leave(self, visit: Visit, response: Response) -> Response:
        """The answer as it may leave, once it is written down that it does.

        Whom nobody can name (no credential, or one of nobody's) leaves no entry; the log has a line.

        Raises:
            UnavailableError: it could not be.
        """
        if visit.identity is None or visit.actor is None:
            return response
        self._callers.introduce(visit.identity)
        self._auditor(visit, response.status)
        return replace(response, headers={**visit.headers, **response.headers})
