"""Backups of the table, as DynamoDB makes and keeps them.

A backup is consistent item by item only: of a commit in the very second it is made, some items may be in
it and others not. What a restore does about that stands in `docs/decisions/0029-restoring-beside.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.backups import Backup
from shared.store.wire import RefusedError, Wire

GONE: Final = "BackupNotFoundException"
AVAILABLE: Final = "AVAILABLE"
DELETED: Final = "DELETED"


class DynamoBackups:
    """The backups of one table."""

    def __init__(self, wire: Wire, table_name: str) -> None:
        self._wire = wire
        self._table_name = table_name

    def made(self) -> list[Backup]:
        """All there are, but for those being deleted; of a deleted table the one DynamoDB made by itself."""
        found: list[Backup] = []
        members: dict[str, Any] = {"TableName": self._table_name, "BackupType": "ALL"}
        while True:
            answer = self._wire.call("ListBackups", members)
            rows = answer["BackupSummaries"]
            found += [_backup(row) for row in rows if row["BackupStatus"] != DELETED]
            last = answer.get("LastEvaluatedBackupArn")
            if last is None:
                return found
            members["ExclusiveStartBackupArn"] = last

    def make(self, name: str) -> Backup:
        """Begin a backup."""
        members = {"TableName": self._table_name, "BackupName": name}
        return _backup(self._wire.call("CreateBackup", members)["BackupDetails"])

    def drop(self, backup: Backup) -> None:
        """Remove a backup."""
        try:
            self._wire.call("DeleteBackup", {"BackupArn": backup.address})
        except RefusedError as error:
            if error.code != GONE:
                raise


def _backup(row: Mapping[str, Any]) -> Backup:
    return Backup(
        name=str(row["BackupName"]),
        address=str(row["BackupArn"]),
        made_ms=int(row["BackupCreationDateTime"] * 1_000),
        ready=row["BackupStatus"] == AVAILABLE,
    )
