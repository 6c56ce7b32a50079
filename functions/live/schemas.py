"""The events: what connections do, and messages of the queue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.domain.credentials import MAX_CREDENTIAL_LENGTH
from shared.domain.errors import ValidationFailedError
from shared.domain.ids import ID


class HelloBody(BaseModel):
    """The first message of a page. `workspaceId` is for operators: the workspace they look at."""

    model_config = ConfigDict(extra="forbid", strict=True)

    action: str
    token: str = Field(min_length=1, max_length=MAX_CREDENTIAL_LENGTH)
    workspace_id: str | None = Field(default=None, alias="workspaceId", pattern=f"^{ID.pattern}$")


def hello_of(body: str) -> HelloBody:
    """A hello as it was sent.

    Raises:
        ValidationFailedError: it is none.
    """
    try:
        return HelloBody.model_validate_json(body)
    except ValidationError as error:
        raise ValidationFailedError.of("", "is no hello") from error


@dataclass(slots=True)
class News:
    """What messages of the queue bring: new versions by workspace, connections whose time is up."""

    versions: dict[str, int] = field(default_factory=dict)
    overdue: list[str] = field(default_factory=list)


def news_of(records: Iterable[Mapping[str, Any]]) -> News:
    """What queue records bring; of a workspace that changed several times the newest version counts."""
    news = News()
    for record in records:
        message = json.loads(record["body"])
        for workspace_id, version in message.get("changed", {}).items():
            news.versions[workspace_id] = max(version, news.versions.get(workspace_id, 0))
        if "overdue" in message:
            news.overdue.append(message["overdue"])
    return news
