"""Answers that are told again, or need not be: `ETag`, `If-None-Match`, 304.

What an answer of statistics depends on is counted: a workspace's version goes up with every fold and every
change of settings, prices, customers, thresholds and alerts; an account's figures are exact now, so theirs
also go by the number of its last entry. The version is read before the data, so an answer is never
marked newer than it is; a tag that still holds costs one read unit and no work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from shared.domain.calendar import day_end_ms, local_day
from shared.domain.errors import NotFoundError, ValidationFailedError
from shared.domain.ids import ID
from shared.domain.workspace import Workspace
from shared.http import json
from shared.http.access import workspace_of
from shared.http.app import Endpoint
from shared.http.etags import Asked, Tag, tags_of
from shared.http.messages import Identity, Request, Response
from shared.http.remembered import RememberedAnswers
from shared.ports.directory import Directory
from shared.ports.runtime import Clock
from shared.ports.versions import Version, Versions
from shared.ports.workspaces import Workspaces
from shared.routes import USER

SETTLING_MS: Final = 2_000
"""Lists of active accounts come from an index that follows the cells after a moment. An answer given so
soon after a change holds for no longer than this after it, and is then worked out again."""

HIT: Final = "StatsCacheHit"
MISS: Final = "StatsCacheMiss"

Count = Callable[[str], None]
"""Counts one `StatsCacheHit` (the answer was known, here or by the caller) or `StatsCacheMiss`."""


class Conditional:
    """Makes endpoints conditional."""

    def __init__(
        self,
        versions: Versions,
        workspaces: Workspaces,
        directory: Directory,
        clock: Clock,
        count: Count,
        release: str,
    ) -> None:
        self._versions = versions
        self._workspaces = workspaces
        self._directory = directory
        self._clock = clock
        self._count = count
        self._release = release
        self._remembered = RememberedAnswers()

    def __call__(self, endpoint: Endpoint, max_age_ms: int | None = None) -> Endpoint:
        """The endpoint, answering from what is known where that still holds.

        An answer holds to the end of the workspace's day, as ranges are relative to it; with `max_age_ms`
        also no longer than to the next multiple of it, for answers that depend on the time of day.
        """

        def answer(request: Request, identity: Identity) -> Response:
            named = request.path.get("workspaceId", identity.workspace_id)
            workspace_id = workspace_of(identity, named)
            user_id = _user_of(request, identity)
            if user_id is not None and ID.fullmatch(user_id) is None:
                return endpoint(request, identity)
            asked = Asked(self._release, workspace_id, request, identity)
            presented = tags_of(request.headers)
            if presented and self._holds(presented[0], asked, user_id):
                return self._unchanged(presented[0])
            tag = self._tag(asked, user_id, max_age_ms)
            if tag in presented:
                return self._unchanged(tag)
            body = self._remembered.get(str(tag))
            self._count(MISS if body is None else HIT)
            if body is None:
                response = endpoint(request, identity)
                if response.status != HTTPStatus.OK:
                    return response
                body = json.dump(response.body)
                self._remembered.put(str(tag), body)
            return Response(200, json.raw(body.decode()), _headers(tag))

        return answer

    def _holds(self, tag: Tag, asked: Asked, user_id: str | None) -> bool:
        """Whether a presented tag is that of the answer that would be given now."""
        if self._clock.now_ms() >= tag.until_ms:
            return False
        if (tag.account_id is None) != (user_id is None) or "userId" in _refusable(asked):
            return False
        version = self._versions.of(asked.workspace_id, tag.account_id)
        return asked.tag(tag.until_ms, tag.account_id, version) == tag

    def _tag(self, asked: Asked, user_id: str | None, max_age_ms: int | None) -> Tag:
        workspace = self._workspaces.get(asked.workspace_id)
        account_id = None if user_id is None else self._directory.account_of(workspace, user_id)
        version = self._versions.of(asked.workspace_id, account_id)
        until_ms = _until_ms(self._clock.now_ms(), workspace, version, max_age_ms)
        return asked.tag(until_ms, account_id, version)

    def _unchanged(self, tag: Tag) -> Response:
        self._count(HIT)
        return Response(304, None, _headers(tag))


def announced(
    routes: Mapping[str, Endpoint], versions: Versions, clock: Clock
) -> dict[str, Endpoint]:
    """Endpoints of which those that write change what statistics are answered from."""
    return {
        key: endpoint if key.startswith("GET ") else _announced(endpoint, versions, clock)
        for key, endpoint in routes.items()
    }


def _announced(endpoint: Endpoint, versions: Versions, clock: Clock) -> Endpoint:
    """The endpoint, whose answer comes after the change is counted.

    A change that fails half way is counted as well. Whoever gets no answer repeats the request, and
    with it the count. An operator who acts in no workspace changes no statistics.
    """

    def answer(request: Request, identity: Identity) -> Response:
        try:
            response = endpoint(request, identity)
        except (NotFoundError, ValidationFailedError):
            raise
        except Exception:
            count(request, identity)
            raise
        count(request, identity)
        return response

    def count(request: Request, identity: Identity) -> None:
        named = request.path.get("workspaceId", identity.workspace_id)
        if named:
            versions.bump(workspace_of(identity, named), clock.now_ms())

    return answer


def _user_of(request: Request, identity: Identity) -> str | None:
    """The user whose figures are asked for; None for those of the workspace."""
    named = request.query.get("userId")
    return identity.subject if named is None and identity.role == USER else named


def _refusable(asked: Asked) -> Mapping[str, str]:
    """The parameters for which users may be refused: whether they are is left to the endpoint."""
    return asked.request.query if asked.identity.role == USER else {}


def _until_ms(now_ms: int, workspace: Workspace, version: Version, max_age_ms: int | None) -> int:
    ends = [day_end_ms(local_day(now_ms, workspace.zone), workspace.zone)]
    settled_ms = version.at_ms + SETTLING_MS
    if now_ms < settled_ms:
        ends.append(settled_ms)
    if max_age_ms is not None:
        ends.append((now_ms // max_age_ms + 1) * max_age_ms)
    return min(ends)


def _headers(tag: Tag) -> Mapping[str, str]:
    return {
        "etag": str(tag),
        "cache-control": "private, no-cache",
        "vary": "authorization, x-api-key",
    }
