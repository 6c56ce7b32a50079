"""Everything of a table, decoded, with the order in which it came about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from shared.domain.journal import Entry
from shared.domain.thresholds import Threshold
from shared.domain.usage import Repriced, UsageLog
from shared.store.items import entry_from
from shared.store.log_items import log_from, repriced_from
from shared.store.schema import ENTRY_PREFIX, HEAD_SK, REPRICED_SK, split_account_pk
from shared.store.table import Item
from shared.store.thresholds import threshold_from
from tests.fakes.stream import ItemChange

LOG_SK: Final = "LOG"
Account = tuple[str, str]


class Version(NamedTuple):
    """A threshold as it stood from a change of the table on."""

    threshold: Threshold
    written: int


class Books:
    """All logs, entries and heads of a table; `written` says with which change an entry came."""

    def __init__(self, items: list[Item], changes: Iterable[ItemChange]) -> None:
        self.logs: dict[tuple[str, str], UsageLog] = {}
        self.entries: dict[Account, list[Entry]] = {}
        self.heads: dict[Account, Item] = {}
        self.written: dict[tuple[str, str, int], int] = {}
        self.erased: dict[Account, int] = {}
        """With which change an account's user was erased."""
        self.versions: dict[str, list[Version]] = {}
        """All that each threshold ever was, in order."""
        self.shown: dict[str, int] = {}
        """Which generation of cells each workspace's figures are read from."""
        self.beside: dict[tuple[str, str, int], Repriced] = {}
        """What each adjustment made of each of its logs."""
        repriced: dict[tuple[str, str], Repriced] = {}
        for item in items:
            pk, sk = str(item["pk"]), str(item["sk"])
            if sk == LOG_SK:
                log = log_from(item)
                self.logs[log.workspace_id, log.log_id] = log
            elif sk == REPRICED_SK:
                repriced[pk.split("#")[1], pk.rpartition("#")[2]] = repriced_from(item)
            elif sk.startswith(ENTRY_PREFIX):
                self.entries.setdefault(split_account_pk(pk), []).append(entry_from(item))
            elif sk == HEAD_SK and item["seq"] != 0:
                self.heads[split_account_pk(pk)] = item
            elif sk == "WORKSPACE":
                self.shown[pk.split("#")[1]] = int(str(item["gn"]))
        for key, beside in repriced.items():
            self.logs[key] = replace(self.logs[key], repriced=beside)
        for change in changes:
            self._follow(change)

    def _follow(self, change: ItemChange) -> None:
        pk, sk = change.key
        if change.new is None:
            return
        if sk.startswith(ENTRY_PREFIX) and change.old is None:
            self.written[(*split_account_pk(pk), int(sk.removeprefix(ENTRY_PREFIX)))] = (
                change.number
            )
        elif sk == REPRICED_SK:
            beside = repriced_from(change.new)
            self.beside[pk.split("#")[1], pk.rpartition("#")[2], beside.seq] = beside
        elif sk == HEAD_SK and "nx" in change.new:
            self.erased.setdefault(split_account_pk(pk), change.number)
        elif pk.endswith("#THRESHOLDS") and sk.startswith("th_"):
            version = Version(threshold_from(change.new), change.number)
            self.versions.setdefault(sk, []).append(version)

    def of(self, workspace_id: str) -> Iterator[tuple[str, list[Entry]]]:
        """The journals of a workspace by account."""
        return ((a, entries) for (w, a), entries in self.entries.items() if w == workspace_id)
