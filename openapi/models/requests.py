"""Bodies that the functions read in parts, each for itself, so that they have no model of the whole."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, WithJsonSchema

from functions.record_usage.events import BATCH, MAX_ATTRIBUTE, STRUCTURED
from functions.record_usage.schemas import MAX_BATCH, UsageLogInput
from functions.thresholds.schemas import Date, ThresholdInput
from openapi.values import absent
from shared.domain.ids import ID
from shared.http.bodies import Body


class UsageLogBatch(Body):
    """Usage logs, each with an outcome of its own."""

    usage_logs: list[UsageLogInput] = Field(min_length=1, max_length=MAX_BATCH)


class CloudEvent(BaseModel):
    """A CloudEvent 1.0 whose data is a usage log. Extension attributes are passed over."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "propertyNames": {"pattern": "^[a-z0-9]{1,64}$"},
            "additionalProperties": {
                "type": ["string", "integer", "boolean", "null"],
                "maxLength": MAX_ATTRIBUTE,
            },
        },
    )

    specversion: Literal["1.0"]
    type: Literal["tally.usage.v1"]
    source: str = Field(min_length=1, max_length=MAX_ATTRIBUTE, examples=["/gateways/eu-1"])
    id: str = Field(min_length=1, max_length=MAX_ATTRIBUTE, examples=["81f2"])
    time: Annotated[
        str,
        WithJsonSchema({"type": "string", "format": "date-time", "description": "`occurredAt`."}),
    ] = absent(examples=["2026-11-20T09:30:00Z"])
    subject: Annotated[
        str,
        WithJsonSchema(
            {"type": "string", "pattern": f"^{ID.pattern}$", "description": "`userId`."}
        ),
    ] = absent(examples=["alice"])
    datacontenttype: str = absent(examples=["application/json"])
    data: Annotated[
        dict[str, Any],
        WithJsonSchema({
            "type": "object",
            "description": "A UsageLogInput; `id`, `occurredAt` and `userId` may be left to the event.",
            "examples": [{"service": "assistant", "credits": 2}],
        }),
    ]  # fmt: skip


class CloudEventBatch(RootModel[list[CloudEvent]]):
    """CloudEvents, each with an outcome of its own."""

    root: list[CloudEvent] = Field(min_length=1, max_length=MAX_BATCH)


class TrialInput(Body):
    """A threshold to try over past days; both days or neither."""

    threshold: ThresholdInput
    start_date: Date | None = None
    end_date: Date | None = None


EVENT: Final = STRUCTURED
EVENTS: Final = BATCH
