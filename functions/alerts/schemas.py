"""The events: changes of the table's stream, or the schedule's word to sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aws_lambda_powertools import Logger

from shared.domain.alerts import Alert, Change
from shared.store.changes import change_from, is_of_nobody, is_of_test, test_from
from shared.store.versions import is_of_version, version_from

WRITTEN: Final = frozenset({"INSERT", "MODIFY"})

logger = Logger()


def is_sweep(event: Mapping[str, Any]) -> bool:
    """Whether an event is the schedule's `{"sweep": true}`."""
    return event.get("sweep") is True


@dataclass(slots=True)
class Batch:
    """What stream records show: figures and new test alerts, in their order; `poison` show neither.

    `versions` are the newest versions of workspaces that changed.
    """

    changes: list[Change] = field(default_factory=list)
    tests: list[Alert] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    poison: int = 0


def batch_of(records: Iterable[Mapping[str, Any]]) -> Batch:
    """What stream records show.

    What an erased user consumed is watched no longer. A record that shows nothing is logged and left: the
    next write of the same item shows what it did, and more.
    """
    batch = Batch()
    for record in records:
        kind = record.get("eventName")
        if kind not in WRITTEN or is_of_nobody(record):
            continue
        try:
            if is_of_version(record):
                workspace_id, version = version_from(record)
                batch.versions[workspace_id] = max(version, batch.versions.get(workspace_id, 0))
            elif not is_of_test(record):
                batch.changes.append(change_from(record))
            elif kind == "INSERT":
                batch.tests.append(test_from(record))
        except ValueError:
            batch.poison += 1
            keys = record.get("dynamodb", {}).get("Keys")
            logger.exception("a record that can't be read", key=keys)
    return batch
