"""Usage as CloudEvents 1.0, for an event bus or for `POST /api/events` itself.

https://github.com/cloudevents/spec: core, JSON format, HTTP binding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from tally._json import dumps
from tally._rows import row_of
from tally._usage import Usage

if TYPE_CHECKING:
    from typing_extensions import Unpack

TYPE: Final = "tally.usage.v1"
SPECVERSION: Final = "1.0"
JSON: Final = "application/json"
STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"

SAFE: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""Characters that stand in a header as they are; the HTTP binding percent-encodes the others."""

Message = tuple[dict[str, str], bytes]
"""Headers and body of an HTTP request."""


def usage_event(source: str, **usage: Unpack[Usage]) -> dict[str, Any]:
    """The event that reports a usage, in the JSON format. Takes the members of `record_usage`.

    `source` says who reports, and with the id identifies the usage: the same event counts once, however
    often and on whichever way it arrives. Without `id` and `occurred_at` they are a new one, and now.

    Raises:
        InvalidUsageError: a member is missing, unknown or of a wrong type.
    """
    data = row_of(usage, datetime.now(timezone.utc))
    return {
        "specversion": SPECVERSION,
        "type": TYPE,
        "source": source,
        "id": data.pop("id"),
        "time": data.pop("occurredAt"),
        "subject": data.pop("userId"),
        "datacontenttype": JSON,
        "data": data,
    }


def structured(event: Mapping[str, Any]) -> Message:
    """An event as an HTTP request in structured mode."""
    return {"content-type": STRUCTURED}, dumps(event)


def batched(events: Sequence[Mapping[str, Any]]) -> Message:
    """Events as one HTTP request. The API takes 1 to 500 at once, and gives each an outcome of its own."""
    return {"content-type": BATCH}, dumps(list(events))


def binary(event: Mapping[str, Any]) -> Message:
    """An event as an HTTP request in binary mode: attributes are headers, the data is the body."""
    attributes = {name: value for name, value in event.items() if name != "data"}
    headers = {"content-type": attributes.pop("datacontenttype", JSON)}
    headers |= {f"ce-{name}": quote(str(value), safe=SAFE) for name, value in attributes.items()}
    return headers, dumps(event["data"])


class EventSink:
    """A recorder that turns usage into events and hands them to `send`, your way to the bus.

        client = tally.wrap(OpenAI(), recorder=EventSink("shop/chat", publish))

    What `send` raises is logged by whatever measures; it is up to `send` to keep what it cannot send.
    """

    def __init__(self, source: str, send: Callable[[dict[str, Any]], object]) -> None:
        self._source = source
        self._send = send

    def record(self, **usage: Unpack[Usage]) -> str:
        """Send the event of a usage; returns its id."""
        event = usage_event(self._source, **usage)
        self._send(event)
        return str(event["id"])
