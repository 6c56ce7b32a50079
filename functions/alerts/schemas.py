"""The events: changes of the table's stream, or the schedule's word to sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

from shared.domain.alerts import Change
from shared.store.changes import change_from, is_of_nobody

WRITTEN: Final = frozenset({"INSERT", "MODIFY"})

logger = Logger()


def is_sweep(event: Mapping[str, Any]) -> bool:
    """Whether an event is the schedule's `{"sweep": true}`."""
    return event.get("sweep") is True


def changes_of(records: Iterable[Mapping[str, Any]]) -> tuple[list[Change], int]:
    """The figures that stream records show, in their order, and how many records show none.

    What an erased user consumed is watched no longer. A record that shows none is logged and left: the next
    write of the same item shows what it did, and more.
    """
    changes, poison = [], 0
    for record in records:
        if record.get("eventName") not in WRITTEN or is_of_nobody(record):
            continue
        try:
            changes.append(change_from(record))
        except ValueError:
            poison += 1
            keys = record.get("dynamodb", {}).get("Keys")
            logger.exception("a record that can't be read", key=keys)
    return changes, poison
