"""Exports and their states. No user's id stands in them: who asked and whose data are accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, cast, get_args

from shared.domain.exports import Export, ExportStatus, Format, Kind, Selection
from shared.domain.journal import EntryType, Reason
from shared.store.schema import SCHEMA_VERSION, TTL_ATTRIBUTE, export_key
from shared.store.table import (
    AllOf,
    ConditionFailedError,
    Delete,
    Equal,
    Item,
    Put,
    Query,
    Table,
    number,
    optional_number,
    optional_text,
    readable,
    rows,
    text,
)
from shared.store.under_way import marks

SELECTION_TEXTS: Final = {
    "ac": "account_id",
    "sd": "start_date",
    "ed": "end_date",
    "sv": "service",
    "mo": "model",
    "ty": "type",
    "rs": "reason",
    "q": "q",
    "an": "actor",
    "ai": "action",
    "gr": "group",
    "me": "metric",
    "pv": "provider",
    "co": "country",
    "pf": "platform",
}
SELECTION_TIMES: Final = {"sm": "start_ms", "em": "end_ms"}


def export_item(export: Export) -> Item:
    """An export."""
    selection = export.selection
    members = SELECTION_TEXTS | SELECTION_TIMES
    optional = {name: getattr(selection, member) for name, member in members.items()}
    key = export_key(export.workspace_id, export.export_id)
    item: Item = {
        **key,
        **marks(key, export.status),
        "v": SCHEMA_VERSION,
        "w": export.workspace_id,
        "ow": export.owner,
        "kd": selection.kind,
        "fo": selection.format,
        "ps": selection.pseudonymous,
        "st": export.status,
        "at": export.attempt,
        "es": export.estimate,
        "rd": export.read,
        "rw": export.rows,
        "by": export.bytes,
        "sh": export.sha256,
        "to": json.dumps(export.totals, separators=(",", ":")),
        "ca": export.created_ms,
        "ua": export.updated_ms,
        TTL_ATTRIBUTE: export.expires_ms // 1000,
        **{name: value for name, value in optional.items() if value is not None},
    }
    if selection.failed is not None:
        item["fl"] = selection.failed
    if export.truncated:
        item["tr"] = True
    return item


def export_from(item: Item) -> Export:
    """The export of an item.

    Raises:
        ValueError: an attribute is missing, of another type, or not one of its words.
    """
    readable(item)
    return Export(
        workspace_id=text(item, "w"),
        export_id=text(item, "sk"),
        owner=text(item, "ow"),
        selection=_selection_from(item),
        created_ms=number(item, "ca"),
        updated_ms=number(item, "ua"),
        status=cast("ExportStatus", _word(item, "st", get_args(ExportStatus))),
        attempt=number(item, "at"),
        estimate=number(item, "es"),
        read=number(item, "rd"),
        rows=number(item, "rw"),
        bytes=number(item, "by"),
        sha256=text(item, "sh"),
        totals=json.loads(text(item, "to")),
        truncated="tr" in item,
    )


def _selection_from(item: Item) -> Selection:
    texts = {member: optional_text(item, name) for name, member in SELECTION_TEXTS.items()}
    texts["type"] = _optional_word(item, "ty", get_args(EntryType))
    texts["reason"] = _optional_word(item, "rs", get_args(Reason))
    times = {member: optional_number(item, name) for name, member in SELECTION_TIMES.items()}
    return Selection(
        kind=cast("Kind", _word(item, "kd", get_args(Kind))),
        format=cast("Format", _word(item, "fo", get_args(Format))),
        failed=bool(item["fl"]) if "fl" in item else None,
        pseudonymous=bool(item["ps"]),
        **cast("dict[str, Any]", texts | times),
    )


def _optional_word(item: Item, name: str, words: tuple[str, ...]) -> str | None:
    return _word(item, name, words) if name in item else None


def _word(item: Item, name: str, words: tuple[str, ...]) -> str:
    word = text(item, name)
    if word not in words:
        raise ValueError(f"{word!r} is not a word known here")
    return word


class DynamoExports:
    """Exports in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, export: Export) -> None:
        """Write a new export; its id is new, so repeating the write is harmless."""
        self._table.write(Put(export_item(export)))

    def get(self, workspace_id: str, export_id: str) -> Export | None:
        """One export, consistently."""
        item = self._table.get(export_key(workspace_id, export_id))
        return None if item is None else export_from(item)

    def save(self, export: Export, expected: Export) -> bool:
        """Write an export over one; False when that is in another attempt or status by now."""
        unchanged = AllOf((Equal("at", expected.attempt), Equal("st", expected.status)))
        try:
            self._table.write(Put(export_item(export), unchanged))
        except ConditionFailedError:
            return False
        return True

    def fail(self, export: Export) -> bool:
        """Write down that a run has failed; False when it is another attempt or status by now."""
        return self.save(replace(export, status="failed"), export)

    def drop(self, export: Export) -> None:
        """Forget an export. Repeating it changes nothing."""
        self._table.write(Delete(export_key(export.workspace_id, export.export_id)))

    def newest(self, workspace_id: str, owner: str | None) -> Iterator[Export]:
        """Exports that somebody asked for (None: everybody), newest first, consistently.

        Their ids are in order of time, so no index is needed for it.
        """
        where = None if owner is None else Equal("ow", owner)
        partition = export_key(workspace_id, "")["pk"]
        for item in rows(self._table, Query(partition, descending=True, where=where)):
            yield export_from(item)
