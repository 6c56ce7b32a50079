"""Path and queue messages into exact types."""

from __future__ import annotations

import msgspec

from shared.domain.errors import NotFoundError
from shared.domain.ids import ID
from shared.http.messages import Event, Request
from shared.http.params import Params


def user_of(request: Request) -> str:
    """The user whom a request names, by their id or their account's.

    Raises:
        ValidationFailedError: there are query parameters.
        NotFoundError: nobody can have such an id.
    """
    Params(request.query, frozenset())
    user_id = request.path["userId"]
    if ID.fullmatch(user_id) is None:
        raise NotFoundError("There is no such user.")
    return user_id


class Job(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """A message of the queue: whose erasure is to go on."""

    workspace_id: str
    account_id: str


def is_jobs(event: Event) -> bool:
    """Whether an event comes from the queue, not from the gateway."""
    return "Records" in event


def jobs_of(event: Event) -> list[Job]:
    """The messages of a queue's event.

    Raises:
        ValueError: a body is none of ours.
    """
    return [msgspec.json.decode(record["body"], type=Job) for record in event["Records"]]
