"""Query parameters and headers that routes share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from openapi.values import JsonSchema
from shared.domain.ids import ID, NAME
from shared.domain.journal import REASONS
from shared.domain.search import MAX_SEARCH_LENGTH
from shared.http.params import (
    DEFAULT_LIMIT,
    DEFAULT_RANGE_DAYS,
    MAX_CURSOR_LENGTH,
    MAX_LIMIT,
    MAX_PAGE,
    MAX_RANGE_DAYS,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `name` is its own, `key` what it is called among the components."""

    name: str
    description: str
    schema: JsonSchema = field(hash=False)
    key: str = ""
    required: bool = False

    def document(self, where: str = "query") -> JsonSchema:
        """The parameter object, of the query or a header."""
        shown: JsonSchema = {"name": self.name, "in": where, "description": self.description}
        if self.required:
            shown["required"] = True
        return shown | {"schema": self.schema}


def choice(name: str, options: Iterable[str], description: str, **more: Any) -> Parameter:
    """One of several words; the first is the default unless the parameter is `required`."""
    words = list(options)
    schema: JsonSchema = {"type": "string", "enum": words}
    if more.get("required") or not more.pop("default", True):
        return Parameter(name, description, schema, **more)
    return Parameter(name, description, schema | {"default": words[0]}, **more)


def filter_of(name: str, options: Iterable[str], description: str) -> Parameter:
    """One of several words to filter by; without it, everything is there."""
    return choice(name, options, description, default=False)


def _shared(name: str, key: str, description: str, **schema: Any) -> Parameter:
    return Parameter(name, description, schema, key)


_DAY: Final = r"^\d{4}-\d\d-\d\d$"

PAGE: Final = _shared(
    "page", "Page", "Which page, from 1.", type="integer", minimum=1, maximum=MAX_PAGE, default=1
)
LIMIT: Final = _shared(
    "limit", "Limit", "Rows of a page.",
    type="integer", minimum=1, maximum=MAX_LIMIT, default=DEFAULT_LIMIT,
)  # fmt: skip
CURSOR: Final = _shared(
    "cursor", "Cursor",
    "The `nextCursor` of the page before: goes on from there, whatever came in meanwhile.",
    type="string", minLength=1, maxLength=MAX_CURSOR_LENGTH,
)  # fmt: skip
ORDER: Final = _shared(
    "order", "Order", "Newest first, or oldest first.",
    type="string", enum=["desc", "asc"], default="desc",
)  # fmt: skip
_DAY_OR_TIME: Final = [{"format": "date", "pattern": _DAY}, {"format": "date-time"}]
START_DATE: Final = _shared(
    "startDate", "StartDate",
    "The first local day, or the exact time from which on (inclusive).",
    type="string", anyOf=_DAY_OR_TIME, examples=["2026-11-01"],
)  # fmt: skip
END_DATE: Final = _shared(
    "endDate", "EndDate", "The last local day, or the exact time up to which (exclusive).",
    type="string", anyOf=_DAY_OR_TIME, examples=["2026-11-20"],
)  # fmt: skip
START_DAY: Final = _shared(
    "startDate", "StartDay",
    f"The first local day; with `endDate`, at most {MAX_RANGE_DAYS} days. Without both, the last "
    f"{DEFAULT_RANGE_DAYS} days.",
    type="string", format="date", pattern=_DAY, examples=["2026-11-01"],
)  # fmt: skip
END_DAY: Final = _shared(
    "endDate", "EndDay", "The last local day, included.",
    type="string", format="date", pattern=_DAY, examples=["2026-11-20"],
)  # fmt: skip
USER: Final = _shared(
    "userId",
    "UserIdFilter",
    "Only this user (or account).",
    type="string",
    pattern=f"^{ID.pattern}$",
)
SERVICE: Final = _shared(
    "service", "ServiceFilter", "Only this service.", type="string", pattern=f"^{NAME.pattern}$"
)
MODEL: Final = _shared(
    "model", "ModelFilter", "Only this model.", type="string", pattern=f"^{NAME.pattern}$"
)
PROVIDER: Final = _shared(
    "provider", "ProviderFilter", "Only this provider.", type="string", pattern=f"^{NAME.pattern}$"
)
COUNTRY: Final = _shared(
    "country", "CountryFilter", "Only this country.",
    type="string", pattern="^[A-Z]{2}$", examples=["KR"],
)  # fmt: skip
PLATFORM: Final = _shared(
    "platform", "PlatformFilter", "Only this device or platform.",
    type="string", minLength=1, maxLength=64, examples=["web"],
)  # fmt: skip
STATUS: Final = filter_of("status", ("success", "error"), "Only successes or only errors.")
TYPE: Final = filter_of("type", ("debit", "credit"), "Only debits or only credits.")
REASON: Final = filter_of("reason", REASONS, "Only movements of this reason.")
SEARCH: Final = _shared(
    "q", "Search",
    "Words to look for in note, reason, metadata values, services and models.",
    type="string", minLength=1, maxLength=MAX_SEARCH_LENGTH,
)  # fmt: skip
AT: Final = _shared(
    "at", "At", "As of this time: RFC 3339 with an offset.",
    type="string", format="date-time", examples=["2026-11-20T09:30:00Z"],
)  # fmt: skip
MONTH: Final = _shared(
    "month", "StatementMonth", "The local month.",
    type="string", pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-11"],
)  # fmt: skip
WORKSPACE: Final = _shared(
    "workspaceId", "WorkspaceIdParameter",
    "The workspace an operator acts in, with an admin's rights. From anybody else it is 404, unless it "
    "names their own.",
    type="string", pattern=f"^{ID.pattern}$",
)  # fmt: skip

PAGING: Final = (PAGE, LIMIT, CURSOR)
DATES: Final = (START_DATE, END_DATE)
DAYS: Final = (START_DAY, END_DAY)
SELECTION: Final = (SERVICE, MODEL)

PATH: Final[dict[str, JsonSchema]] = {
    "userId": {
        "description": "A user's id, percent-encoded, or their accountId.",
        "schema": {"type": "string", "pattern": f"^{ID.pattern}$", "examples": ["alice"]},
    },
    "workspaceId": {
        "description": "A workspace: the credential's own; operators may name any.",
        "schema": {"type": "string", "pattern": f"^{ID.pattern}$", "examples": ["acme"]},
    },
    "file": {
        "description": "A part of the page.",
        "schema": {"type": "string", "examples": ["page.js"]},
    },
    "id": {
        "description": "The id, percent-encoded.",
        "schema": {"type": "string", "pattern": f"^{ID.pattern}$"},
    },
}
