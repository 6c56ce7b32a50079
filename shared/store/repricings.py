"""Repricings and how far they are. No user's id stands in them: whose logs they are about is an account."""

from __future__ import annotations

from typing import Final

from shared.domain.fingerprint import Members
from shared.domain.ids import RandomBytes
from shared.domain.repricing import Repricing, Selection, Status, Tally
from shared.store.idempotency import Once, commit_once
from shared.store.schema import SCHEMA_VERSION, repricing_key
from shared.store.table import (
    NEW_ITEM,
    AllOf,
    ConditionFailedError,
    Equal,
    Item,
    Put,
    Table,
    known,
    number,
    optional_text,
    readable,
    text,
)
from shared.store.under_way import marks

SCOPE: Final = "admin-repricings"
STATUSES: Final[dict[str, Status]] = {"running": "running", "done": "done", "failed": "failed"}
OPTIONAL: Final = {"sv": "service", "mo": "model", "ac": "account_id"}
FIGURES: Final = ("lg", "an", "up", "dc", "dr")
"""A tally's figures, in their order."""


def repricing_item(run: Repricing) -> Item:
    """A repricing."""
    selection = run.selection
    key = repricing_key(run.workspace_id, run.repricing_id)
    item: Item = {
        **key,
        **marks(key, run.status),
        "v": SCHEMA_VERSION,
        "w": run.workspace_id,
        "sm": selection.start_ms,
        "em": selection.end_ms,
        "dy": run.dry,
        "st": run.status,
        "at": run.attempt,
        "ca": run.created_ms,
        "ua": run.updated_ms,
        **dict(zip(FIGURES, run.tally, strict=True)),
    }
    optional = {name: getattr(selection, member) for name, member in OPTIONAL.items()}
    optional["af"] = run.after
    return item | {name: value for name, value in optional.items() if value is not None}


def repricing_from(item: Item) -> Repricing:
    """The repricing of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    optional = {member: optional_text(item, name) for name, member in OPTIONAL.items()}
    return Repricing(
        workspace_id=text(item, "w"),
        repricing_id=text(item, "sk"),
        selection=Selection(number(item, "sm"), number(item, "em"), **optional),
        dry=item["dy"] is True,
        created_ms=number(item, "ca"),
        updated_ms=number(item, "ua"),
        status=known(STATUSES, text(item, "st")),
        attempt=number(item, "at"),
        after=optional_text(item, "af"),
        tally=Tally(*(number(item, name) for name in FIGURES)),
    )


class DynamoRepricings:
    """Repricings in the table."""

    def __init__(self, table: Table, random_bytes: RandomBytes) -> None:
        self._table = table
        self._random_bytes = random_bytes

    def create(self, run: Repricing, key: str | None, body: Members) -> str | None:
        """Write a new run; the id of the one that an earlier request under the key made, if any.

        Raises:
            IdempotencyConflictError: the key was used with another body.
        """
        put = Put(repricing_item(run), NEW_ITEM)
        if key is None:
            self._table.write(put)
            return None
        once = Once(run.workspace_id, SCOPE, key, body)
        return commit_once(self._table, once, run.repricing_id, [put], self._random_bytes)

    def get(self, workspace_id: str, repricing_id: str) -> Repricing | None:
        """One run, consistently."""
        item = self._table.get(repricing_key(workspace_id, repricing_id))
        return None if item is None else repricing_from(item)

    def save(self, run: Repricing, expected: Repricing) -> bool:
        """Write a run over one; False when that is in another attempt or status by now."""
        unchanged = AllOf((Equal("at", expected.attempt), Equal("st", expected.status)))
        try:
            self._table.write(Put(repricing_item(run), unchanged))
        except ConditionFailedError:
            return False
        return True
