"""Mends commits that a backup caught in the middle.

A backup is consistent item by item, with less than a second between them: of a commit of that second some
items may be in it and others not. A journal is therefore taken up to the last commit that is whole, with all
its logs, its key and its link to the entry before; what is after that is taken out, and the head is made to
fit. Whoever sent what is taken out was told so after the restore point, or sends it again under the same
id, and it is recorded then, once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.ids import split_transaction_id
from shared.store.directory import ERASED
from shared.store.dynamo import decode_item, encode_value
from shared.store.items import entry_from, head_from, head_item
from shared.store.movements import SCOPE
from shared.store.schema import (
    ENTRY_PREFIX,
    HEAD_SK,
    SCHEMA_VERSION,
    account_pk,
    directory_key,
    entry_key,
    head_key,
    idempotency_key,
    log_key,
    refunded_key,
    split_account_pk,
)
from shared.store.table import (
    Delete,
    Equal,
    Item,
    Put,
    Query,
    Table,
    number,
    optional_text,
    rows,
    text,
    texts,
)
from shared.store.wire import Wire

LOOKED_BACK_MS: Final = 600_000
"""Commits this much older than the restore point are whole: DynamoDB says less than a second, clocks and
a busy day are given ten minutes."""

LOG_SK: Final = "LOG"
KEY_SK: Final = "KEY"
PAGE: Final = 100

Account = tuple[str, str]


@dataclass(slots=True)
class Mended:
    """What was looked at and done: `undone` names the logs and transactions that were taken out."""

    accounts: int = 0
    heads: int = 0
    refunds: int = 0
    undone: list[str] = field(default_factory=list)


def recent_items(wire: Wire, table_name: str, since_ms: int) -> Iterator[Item]:
    """Heads, entries and logs committed since a moment, by one pass over the whole table."""
    names = {"#sk": "sk", "#ca": "ca", "#lc": "lc"}
    values = {
        ":head": encode_value(HEAD_SK),
        ":entry": encode_value(ENTRY_PREFIX),
        ":log": encode_value(LOG_SK),
        ":since": encode_value(since_ms),
    }
    recent = (
        "(#sk = :head AND #lc >= :since) OR "
        "((begins_with(#sk, :entry) OR #sk = :log) AND #ca >= :since)"
    )
    yield from _scan(wire, table_name, recent, names, values)


def posting_keys(wire: Wire, table_name: str) -> Iterator[Item]:
    """The keys that transactions were posted under, by another pass."""
    names = {"#sk": "sk", "#rf": "rf"}
    values = {":key": encode_value(KEY_SK), ":tx": encode_value("tx_")}
    yield from _scan(wire, table_name, "#sk = :key AND begins_with(#rf, :tx)", names, values)


def _scan(
    wire: Wire,
    table_name: str,
    condition: str,
    names: Mapping[str, str],
    values: Mapping[str, Mapping[str, Any]],
) -> Iterator[Item]:
    members: dict[str, Any] = {
        "TableName": table_name,
        "FilterExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    while True:
        answer = wire.call("Scan", members)
        yield from map(decode_item, answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        members["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


class MendCommits:
    """Mends what was committed since a moment: in a restored table that nobody else writes yet."""

    def __init__(self, table: Table, since_ms: int) -> None:
        self._table = table
        self._since_ms = since_ms
        self._mended = Mended()
        self._ends: dict[Account, int] = {}

    def __call__(self, recent: Iterable[Item]) -> Mended:
        """Mend the accounts that something recent belongs to."""
        logs: dict[Account, list[Item]] = defaultdict(list)
        for item in recent:
            sk = text(item, "sk")
            account = split_account_pk(text(item, "hk" if sk == LOG_SK else "pk"))
            logs[account] += [item] if sk == LOG_SK else []
        for account, own in logs.items():
            self._mend(account, own)
        self._mended.accounts = len(logs)
        return self._mended

    def forget(self, keys: Iterable[Item]) -> None:
        """Take out the keys of transactions that were taken out, or never came along."""
        for item in keys:
            found = split_transaction_id(text(item, "rf"))
            workspace_id = text(item, "pk").split("#")[1]
            end = self._ends.get((workspace_id, found[0])) if found else None
            if found and end is not None and found[1] > end:
                self._drop(item)

    def _mend(self, account: Account, logs: list[Item]) -> None:
        workspace_id, account_id = account
        pk = account_pk(workspace_id, account_id)
        whole, broken = self._tail(account)
        end = number(whole, "seq") if whole else 0
        self._ends[account] = end
        for entry in broken:
            self._drop(entry)
            self._mended.undone += texts(entry, "ids") or [f"{pk} {text(entry, 'sk')}"]
        for log in logs:
            if number(log, "seq") > end:
                self._drop(log)
                self._mended.undone.append(text(log, "pk").partition("#L#")[2])
        self._mended.undone = sorted(set(self._mended.undone))
        self._fit_head(account, whole)
        self._fit_refunds(account)

    def _tail(self, account: Account) -> tuple[Item | None, list[Item]]:
        """The last entry of which everything is there, and the entries after it."""
        journal = Query(account_pk(*account), prefix=ENTRY_PREFIX, descending=True, limit=PAGE)
        tail: list[Item] = []
        base: Item | None = None
        for entry in rows(self._table, journal):
            if number(entry, "ca") < self._since_ms:
                base = entry
                break
            tail.append(entry)
        tail.reverse()
        for place, entry in enumerate(tail):
            if not self._whole(account, base, entry):
                return base, tail[place:]
            base = entry
        return base, []

    def _whole(self, account: Account, before: Item | None, entry: Item) -> bool:
        """Whether everything that was committed with an entry is there, and it follows the one before."""
        workspace_id, account_id = account
        seq = number(entry, "seq")
        linked = entry_from(entry).previous_hash == (entry_from(before).hash if before else b"")
        if seq != (number(before, "seq") if before else 0) + 1 or (before and not linked):
            return False
        keys = [log_key(workspace_id, log_id) for log_id in texts(entry, "ids")]
        found = self._table.get_many(keys)
        if len(found) < len(keys) or any(number(log, "seq") != seq for log in found.values()):
            return False
        others = [directory_key(workspace_id, account_id)] if seq == 1 else []
        posted = optional_text(entry, "ik")
        others += [idempotency_key(workspace_id, SCOPE, posted)] if posted else []
        return len(self._table.get_many(others)) == len(others)

    def _fit_head(self, account: Account, last: Item | None) -> None:
        """Make the head what it was right after the last entry."""
        there = self._table.get(head_key(*account))
        if last is None:
            known = self._table.get(directory_key(*account))
            for item in (there, known):
                if item is not None and ERASED not in item:
                    self._drop(item)
            return
        if there is not None and number(there, "seq") == number(last, "seq"):
            return
        first = self._table.get(entry_key(*account, 1))
        assert first is not None
        then = {**last, "ca": number(first, "ca"), "lc": number(last, "ca")}
        fitted = head_item(head_from(then))
        if there is not None and "nx" in there:
            fitted["nx"] = there["nx"]
        self._table.write(Put(fitted))
        self._mended.heads += 1

    def _fit_refunds(self, account: Account) -> None:
        """Make the sums of refunds what the journal says."""
        pk = account_pk(*account)
        sums: dict[int, int] = defaultdict(int)
        refunds = Query(pk, prefix=ENTRY_PREFIX, where=Equal("rs", "refund"))
        for entry in rows(self._table, refunds):
            found = split_transaction_id(optional_text(entry, "rf") or "")
            if found is not None:
                sums[found[1]] += number(entry, "am")
        there = {
            int(text(item, "sk").partition("#")[2]): item
            for item in rows(self._table, Query(pk, prefix="REFUNDED#"))
        }
        for seq in sums.keys() | there.keys():
            if seq not in sums:
                self._drop(there[seq])
            elif seq not in there or number(there[seq], "am") != sums[seq]:
                self._table.write(Put(_refunded(account, seq, sums[seq])))
            else:
                continue
            self._mended.refunds += 1

    def _drop(self, item: Item) -> None:
        self._table.write(Delete({"pk": text(item, "pk"), "sk": text(item, "sk")}))


def _refunded(account: Account, seq: int, amount: int) -> Item:
    return {**refunded_key(*account, seq), "v": SCHEMA_VERSION, "am": amount}
