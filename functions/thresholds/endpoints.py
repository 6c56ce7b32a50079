"""Endpoints of thresholds and alerts: from a request to a use case, and back to an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from functions.thresholds.alerts import ReadAlerts
from functions.thresholds.schemas import EmptyInput, trial_of, wish_of
from functions.thresholds.service import ManageThresholds, Standing
from functions.thresholds.testing import FireTest
from functions.thresholds.trial import TryThreshold
from shared.domain.alerts import ALERT_ID, Alert
from shared.domain.fingerprint import members_of
from shared.domain.workspace import Workspace
from shared.http.bodies import parse_body
from shared.http.idempotency import idempotency_key_of
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params, page_body, refused
from shared.http.privacy import sees_user_ids
from shared.http.views.alerts import alert_view, current_view, firing_view, threshold_view
from shared.http.views.view import View
from shared.ports.directory import Directory

NONE: Final[frozenset[str]] = frozenset()
LIST_PARAMETERS: Final = frozenset({"page", "limit", "cursor", "order", "status", "userId"})
STATUSES: Final = ("pending", "sent", "failed", "acknowledged")
LIST_KEY: Final = re.compile(
    rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z#{ALERT_ID.pattern}", re.ASCII
)


class Endpoints:
    """The endpoints, each a method."""

    def __init__(
        self,
        thresholds: ManageThresholds,
        alerts: ReadAlerts,
        fire_test: FireTest,
        try_threshold: TryThreshold,
        directory: Directory,
    ) -> None:
        self._thresholds = thresholds
        self._alerts = alerts
        self._fire_test = fire_test
        self._try = try_threshold
        self._directory = directory

    def list_thresholds(self, request: Request, identity: Identity) -> Response:
        """GET /api/thresholds."""
        Params(request.query, NONE)
        standings = self._thresholds.all(identity.workspace_id)
        return Response(200, {"thresholds": self._thresholds_views(standings, identity)})

    def get_threshold(self, request: Request, identity: Identity) -> Response:
        """GET /api/thresholds/{id}."""
        Params(request.query, NONE)
        standing = self._thresholds.one(identity.workspace_id, _id(request))
        return Response(200, self._threshold_body(standing, identity))

    def create_threshold(self, request: Request, identity: Identity) -> Response:
        """POST /api/thresholds."""
        Params(request.query, NONE)
        body = request.json_object()
        wish = wish_of(body)
        standing, again = self._thresholds.create(
            identity.workspace_id, wish, idempotency_key_of(request), members_of(body)
        )
        answer = self._threshold_body(standing, identity)
        return Response.replayed(answer) if again else Response(201, answer)

    def change_threshold(self, request: Request, identity: Identity) -> Response:
        """PUT /api/thresholds/{id}."""
        Params(request.query, NONE)
        wish = wish_of(request.json_object())
        standing = self._thresholds.change(identity.workspace_id, _id(request), wish)
        return Response(200, self._threshold_body(standing, identity))

    def delete_threshold(self, request: Request, identity: Identity) -> Response:
        """DELETE /api/thresholds/{id}."""
        Params(request.query, NONE)
        self._thresholds.delete(identity.workspace_id, _id(request))
        return Response(204)

    def try_threshold(self, request: Request, identity: Identity) -> Response:
        """POST /api/thresholds/try. Nothing is saved but that a key was used."""
        Params(request.query, NONE)
        trial = trial_of(request.json_object())
        outcome = self._try(identity.workspace_id, trial, idempotency_key_of(request))
        accounts = (firing.account_id for firing in outcome.firings)
        shown = self._shown(outcome.workspace, identity, accounts)
        firings = [
            firing_view(firing, outcome.rules.metric, shown.get(firing.account_id))
            for firing in outcome.firings
        ]
        body: View = {"firings": firings}
        body |= {"truncated": True} if outcome.truncated else {}
        return Response.replayed(body) if outcome.again else Response(200, body)

    def test_threshold(self, request: Request, identity: Identity) -> Response:
        """POST /api/thresholds/{id}/test. The body may be left out."""
        Params(request.query, NONE)
        _check_empty(request)
        alert, workspace, again = self._fire_test(
            identity.workspace_id, _id(request), idempotency_key_of(request)
        )
        body = self._alert_body(alert, workspace, identity)
        return Response.replayed(body) if again else Response(202, body)

    def list_alerts(self, request: Request, identity: Identity) -> Response:
        """GET /api/alerts."""
        params = Params(request.query, LIST_PARAMETERS)
        paging = params.paging()
        if paging.cursor is not None and LIST_KEY.fullmatch(paging.cursor) is None:
            raise refused("cursor", "is not a cursor of this list")
        page = self._alerts.page(
            identity,
            params.user_id(),
            params.choice("status", STATUSES),
            paging,
            descending=params.descending(),
        )
        shown = self._shown(page.workspace, identity, (a.line.account_id for a in page.alerts))
        views = [alert_view(a, shown.get(a.line.account_id)) for a in page.alerts]
        return Response(200, page_body("alerts", [*views], paging, page.total, page.next_key))

    def acknowledge(self, request: Request, identity: Identity) -> Response:
        """POST /api/alerts/{id}/acknowledge. The body may be left out."""
        Params(request.query, NONE)
        _check_empty(request)
        alert, workspace, again = self._alerts.acknowledge(
            identity.workspace_id, _id(request), idempotency_key_of(request)
        )
        body = self._alert_body(alert, workspace, identity)
        return Response.replayed(body) if again else Response(200, body)

    def _alert_body(self, alert: Alert, workspace: Workspace, identity: Identity) -> View:
        shown = self._shown(workspace, identity, [alert.line.account_id])
        return {"alert": alert_view(alert, shown.get(alert.line.account_id))}

    def _threshold_body(self, standing: Standing, identity: Identity) -> View:
        return {"threshold": self._thresholds_views([standing], identity)[0]}

    def _thresholds_views(self, standings: list[Standing], identity: Identity) -> list[View]:
        if not standings:
            return []
        accounts = (standing.threshold.rules.account_id for standing in standings)
        shown = self._shown(standings[0].workspace, identity, accounts)
        return [
            threshold_view(
                standing.threshold,
                shown.get(standing.threshold.rules.account_id),
                _current(standing),
            )
            for standing in standings
        ]

    def _shown(
        self, workspace: Workspace, identity: Identity, account_ids: Iterable[str | None]
    ) -> dict[str | None, str]:
        """How the caller sees users: by their accounts, where the workspace keeps admins from ids."""
        accounts = sorted({account_id for account_id in account_ids if account_id is not None})
        shown: dict[str | None, str] = {account_id: account_id for account_id in accounts}
        if sees_user_ids(workspace, identity):
            shown.update(self._directory.users_of(workspace.workspace_id, accounts).items())
        return shown


def _current(standing: Standing) -> View | None:
    if standing.figures is None:
        return None
    today, this_month = standing.figures
    return current_view(
        standing.threshold, today, this_month, standing.day, standing.workspace.zone
    )


def _check_empty(request: Request) -> None:
    """Nothing is said in the body of a request that needs none.

    Raises:
        ValidationFailedError: something is.
    """
    if request.body_bytes():
        parse_body(EmptyInput, request.json_object())


def _id(request: Request) -> str:
    return request.path.get("id", "")
