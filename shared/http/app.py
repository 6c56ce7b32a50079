"""The way every HTTP request takes: route, identity, role, endpoint, answer.

What no row of the routes table allows is denied. Whoever is known passes the gate both ways.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger

from shared.domain.errors import (
    ForbiddenError,
    MethodNotAllowedError,
    NotFoundError,
    TallyError,
    UnavailableError,
)
from shared.domain.ids import ID
from shared.http import json
from shared.http.gate.address import AddressOf, as_the_gateway_saw
from shared.http.messages import Event, Identity, RefusedCallerError, Request, Response
from shared.http.problems import problem_response
from shared.http.visit import Visit
from shared.routes import BY_KEY, OPERATOR, ROUTES, SERVICE, Route

Endpoint = Callable[[Request, Identity], Response]
PublicEndpoint = Callable[[Request], Response]
Identify = Callable[[Request], Identity]

MAX_NAMED_LENGTH: Final = 256
"""Twice an id's length, and in UTF-8 it still fits a key of the table. Each route says what an id is."""

logger = Logger()


class Gate(Protocol):
    """What every request of a known caller passes."""

    def enter(self, visit: Visit) -> None:
        """Let a caller in, or raise what they are told; says how the audit trail names them."""

    def leave(self, visit: Visit, response: Response) -> Response:
        """The answer as it may leave."""


class App:
    """Answers the routes of one function. `endpoints` maps route keys to endpoints."""

    def __init__(
        self,
        identify: Identify,
        gate: Gate,
        endpoints: Mapping[str, Endpoint],
        public: Mapping[str, PublicEndpoint] | None = None,
        transient: tuple[type[Exception], ...] = (),
        address_of: AddressOf = as_the_gateway_saw,
    ) -> None:
        """`transient` are the errors of what the service stands on that are answered with 503."""
        public = public or {}
        assert all(not BY_KEY[key].public for key in endpoints)
        assert all(BY_KEY[key].public for key in public)
        self._identify = identify
        self._gate = gate
        self._endpoints = endpoints
        self._public = public
        self._transient = transient
        self._address_of = address_of

    def __call__(self, event: Event, context: Any) -> dict[str, Any]:
        """Answer one HTTP API event (payload format 2.0)."""
        seen = Request.of(event, context.aws_request_id)
        request = replace(seen, source_ip=self._address_of(seen))
        visit = Visit(request)
        response = self._told(request, lambda: self._answer(visit))
        left = self._told(request, lambda: self._gate.leave(visit, response))
        _log(visit, left)
        return _gateway_response(left, request.request_id)

    def _answer(self, visit: Visit) -> Response:
        request = visit.request
        public = self._public.get(request.route_key)
        if public is not None:
            return public(request)
        visit.route = _route_of(request)
        try:
            visit.identity = self._identify(request)
        except RefusedCallerError as error:
            visit.identity, visit.actor = error.identity, error.identity.actor
            raise
        self._gate.enter(visit)
        named_workspace = request.query.get("workspaceId")
        visit.identity = authorize(visit.route, visit.identity, named_workspace)
        _check_path(request)
        return self._endpoints[visit.route.key](_without_workspace(request), visit.identity)

    def _told(self, request: Request, do: Callable[[], Response]) -> Response:
        """What is done, or the problem that kept it from being done."""
        try:
            return do()
        except TallyError as error:
            return problem_response(error, request)
        except self._transient as error:
            logger.warning("dependency failed", error=type(error).__name__, reason=str(error))
            return problem_response(UnavailableError("Please repeat the request shortly."), request)
        except Exception:
            logger.exception("unexpected error", route=request.route_key)
            return problem_response(TallyError("The request could not be answered."), request)


def authorize(route: Route, identity: Identity, named_workspace: str | None) -> Identity:
    """Check role, scope and workspace; an operator acts in the workspace the query names.

    Raises:
        ForbiddenError: the role or the key's scopes do not allow the route.
        NotFoundError: another workspace was named.
    """
    if identity.role not in route.roles:
        raise ForbiddenError(f"This route is not open to the role {identity.role}.")
    if identity.role == SERVICE and route.scope not in identity.scopes:
        raise ForbiddenError(f"The API key lacks the scope {route.scope}.")
    if named_workspace is not None and named_workspace != identity.workspace_id:
        # The name becomes a part of keys, so only an id may be one.
        if identity.role != OPERATOR or ID.fullmatch(named_workspace) is None:
            raise NotFoundError("There is no such workspace.")
        return replace(identity, workspace_id=named_workspace)
    return identity


def _route_of(request: Request) -> Route:
    route = BY_KEY.get(request.route_key)
    if route is not None:
        return route
    method, _, path = request.route_key.partition(" ")
    if not path:
        method = request.event.get("requestContext", {}).get("http", {}).get("method", "")
        path = request.raw_path
    allowed = sorted(r.method for r in ROUTES if _matches(r.path, path))
    if allowed and method not in allowed:
        raise MethodNotAllowedError(method, allowed)
    raise NotFoundError("There is no such path.")


def _matches(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.rstrip("/").split("/")
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == value for part, value in zip(wanted, given, strict=True)
    )


def _check_path(request: Request) -> None:
    """Nothing that a path can name has so long a name, or one that is no text."""
    for value in request.path.values():
        if not 0 < len(value) <= MAX_NAMED_LENGTH or not value.isprintable():
            raise NotFoundError("There is no such thing.")


def _without_workspace(request: Request) -> Request:
    if "workspaceId" not in request.query:
        return request
    query = {name: value for name, value in request.query.items() if name != "workspaceId"}
    return replace(request, query=query)


def _log(visit: Visit, response: Response) -> None:
    request, identity = visit.request, visit.identity
    logger.info(
        "request",
        route=request.route_key,
        status=response.status,
        workspace=identity.workspace_id if identity else None,
        actor=visit.actor,
        request_id=request.request_id,
    )


def _gateway_response(response: Response, request_id: str) -> dict[str, Any]:
    headers = {
        "content-type": "application/json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-request-id": request_id,
        **response.headers,
    }
    answer = {"statusCode": response.status, "headers": headers}
    if isinstance(response.body, bytes):
        return answer | {"body": b64encode(response.body).decode(), "isBase64Encoded": True}
    return answer | {"body": "" if response.body is None else json.dump(response.body).decode()}
