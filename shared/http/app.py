"""The way every HTTP request takes: route, identity, role, endpoint, answer.

A function's handler is `App(endpoints, identify)`. What no row of the routes table allows is denied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

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
from shared.http.messages import Event, Identity, Request, Response
from shared.http.problems import problem_response
from shared.routes import BY_KEY, OPERATOR, ROUTES, SERVICE, Route

Endpoint = Callable[[Request, Identity], Response]
PublicEndpoint = Callable[[Request], Response]
Identify = Callable[[Request], Identity]

logger = Logger()


class App:
    """Answers the routes of one function. `endpoints` maps route keys to endpoints."""

    def __init__(
        self,
        identify: Identify,
        endpoints: Mapping[str, Endpoint],
        public: Mapping[str, PublicEndpoint] | None = None,
        transient: tuple[type[Exception], ...] = (),
    ) -> None:
        """`transient` are the errors of what the service stands on that are answered with 503."""
        public = public or {}
        assert all(not BY_KEY[key].public for key in endpoints)
        assert all(BY_KEY[key].public for key in public)
        self._identify = identify
        self._endpoints = endpoints
        self._public = public
        self._transient = transient

    def __call__(self, event: Event, context: Any) -> dict[str, Any]:
        """Answer one HTTP API event (payload format 2.0)."""
        request = Request.of(event, context.aws_request_id)
        identity: Identity | None = None
        try:
            endpoint = self._public.get(request.route_key)
            if endpoint is not None:
                response = endpoint(request)
            else:
                route = _route_of(request)
                identity = self._identify(request)
                identity = authorize(route, identity, request.query.get("workspaceId"))
                response = self._endpoints[route.key](_without_workspace(request), identity)
        except TallyError as error:
            response = _refused(error, request)
        except self._transient as error:
            logger.warning("dependency failed", error=type(error).__name__, reason=str(error))
            response = _refused(UnavailableError("Please repeat the request shortly."), request)
        except Exception:
            logger.exception("unexpected error", route=request.route_key)
            response = _refused(TallyError("The request could not be answered."), request)
        _log(request, identity, response)
        return _gateway_response(response, request.request_id)


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


def _without_workspace(request: Request) -> Request:
    if "workspaceId" not in request.query:
        return request
    query = {name: value for name, value in request.query.items() if name != "workspaceId"}
    return replace(request, query=query)


def _refused(error: TallyError, request: Request) -> Response:
    return problem_response(error, instance=request.raw_path, request_id=request.request_id)


def _log(request: Request, identity: Identity | None, response: Response) -> None:
    logger.info(
        "request",
        route=request.route_key,
        status=response.status,
        workspace=identity.workspace_id if identity else None,
        actor=identity.actor if identity else None,
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
    body = "" if response.body is None else json.dump(response.body).decode()
    return {"statusCode": response.status, "headers": headers, "body": body}
