"""The seven invariants, checked from the raw items of the table and from what clients were told."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

from shared.domain.calendar import local_day_hour
from shared.domain.digests import Dimensions, digest_of
from shared.domain.ids import split_transaction_id
from shared.domain.journal import Entry, verify
from shared.domain.usage import UsageLog
from shared.store.items import entry_from, head_from
from shared.store.log_items import log_from
from shared.store.schema import ENTRY_PREFIX, split_account_pk
from shared.store.table import Item
from tests.folding import private_cells, private_fold, shared_cells, shared_fold
from tests.simulation.crossings import on_record, reached
from tests.simulation.world import STRICT, World

Account = tuple[str, str]


class Books:
    """All logs, entries and heads of a table, decoded."""

    def __init__(self, items: list[Item]) -> None:
        self.logs: dict[tuple[str, str], UsageLog] = {}
        self.entries: dict[Account, list[Entry]] = {}
        self.heads: dict[Account, Item] = {}
        for item in items:
            pk, sk = str(item["pk"]), str(item["sk"])
            if sk == "LOG":
                log = log_from(item)
                self.logs[log.workspace_id, log.log_id] = log
            elif sk.startswith(ENTRY_PREFIX):
                self.entries.setdefault(split_account_pk(pk), []).append(entry_from(item))
            elif sk == "HEAD":
                self.heads[split_account_pk(pk)] = item


def check(world: World) -> None:
    """All seven.

    Raises:
        AssertionError: one does not hold; the message says which and where.
    """
    items = world.table.items()
    books = Books(items)
    atomic(books)
    once(world, books)
    gapless(books)
    one_truth(world, books)
    never_overdrawn(books)
    told_once(world, books, items)
    isolated(world, items)
    nothing_lost(world, books, items)


def atomic(books: Books) -> None:
    """1: a log, its entry and the head stand or fall together."""
    named = Counter(
        (workspace_id, log_id)
        for (workspace_id, _), entries in books.entries.items()
        for entry in entries
        for log_id in entry.log_ids
    )
    assert named.keys() == books.logs.keys(), "1: logs and the entries that name them differ"
    for account, entries in books.entries.items():
        for entry in entries:
            if entry.reason == "usage":
                logs = [books.logs[account[0], log_id] for log_id in entry.log_ids]
                assert all(log.seq == entry.seq for log in logs), "1: a log of another entry"
                assert sum(log.credits for log in logs) == entry.amount, "1: amounts differ"


def once(world: World, books: Books) -> None:
    """2: what was asked for many times is there once."""
    named = Counter(
        (entry.workspace_id, log_id)
        for entries in books.entries.values()
        for entry in entries
        for log_id in entry.log_ids
    )
    assert set(named.values()) <= {1}, "2: a log was booked twice"
    seqs = Counter(
        (entry.workspace_id, entry.account_id, entry.seq) for entry in world.heard.moved.values()
    )
    assert set(seqs.values()) <= {1}, "2: one entry answered two requests"
    posted = sum(e.reason != "usage" for entries in books.entries.values() for e in entries)
    assert posted >= len(seqs), "2: movements are missing"


def gapless(books: Books) -> None:
    """3: every journal is 1, 2, 3 … and proves itself; the head is its last entry."""
    assert books.heads.keys() == books.entries.keys(), "3: heads and journals differ"
    for account, entries in books.entries.items():
        found = verify(entries)
        assert found.first_bad_seq is None, f"3: {account} is wrong from {found.first_bad_seq}"
        head = head_from(books.heads[account])
        assert (head.seq, head.balance) == (len(entries), found.balance), f"3: head of {account}"
        assert head.hash == found.head_hash, f"3: head of {account}"


def one_truth(world: World, books: Books) -> None:
    """4: entries sum up their logs, cells fold the entries."""
    for (workspace_id, account_id), entries in books.entries.items():
        zone = world.workspaces[workspace_id].zone
        for entry in entries:
            logs = [books.logs[workspace_id, log_id] for log_id in entry.log_ids]
            digest = digest_of((_about(log, zone), log) for log in logs)
            assert entry.digest == digest, f"4: {account_id}'s entry {entry.seq} and its logs"
        cells = private_cells(world.table, workspace_id, account_id)
        assert cells == private_fold(entries, zone), f"4: private cells of {account_id}"
    for workspace_id, workspace in world.workspaces.items():
        own = [e for (w, _), entries in books.entries.items() if w == workspace_id for e in entries]
        cells = shared_cells(world.table, workspace_id)
        assert cells == shared_fold(own, workspace.zone), f"4: shared cells of {workspace_id}"


def _about(log: UsageLog, zone: ZoneInfo) -> Dimensions:
    day, hour = local_day_hour(log.occurred_ms, zone)
    return Dimensions(
        day, hour, log.service, log.provider, log.model, log.country, log.platform, log.failed
    )


def never_overdrawn(books: Books) -> None:
    """5: where balances are enforced, none was ever below zero."""
    for (workspace_id, account_id), entries in books.entries.items():
        if workspace_id == STRICT:
            lowest = min(entry.balance_after for entry in entries)
            assert lowest >= 0, f"5: {account_id} was at {lowest}"

    for (workspace_id, account_id), entries in books.entries.items():
        refunded: Counter[int] = Counter()
        for entry in entries:
            if entry.refund_of is not None:
                found = split_transaction_id(entry.refund_of)
                assert found is not None
                refunded[found[1]] += entry.amount
        for seq, amount in refunded.items():
            assert amount <= entries[seq - 1].amount, f"5: {workspace_id}/{account_id} {seq}"


def told_once(world: World, books: Books, items: list[Item]) -> None:
    """4 and 7 for alerts: each line that was reached in its time fired, once, and no other did."""
    for threshold in world.thresholds:
        workspace = world.workspaces[threshold.workspace_id]
        journals = {
            a: entries for (w, a), entries in books.entries.items() if w == threshold.workspace_id
        }
        logs = {
            log_id: log for (w, log_id), log in books.logs.items() if w == threshold.workspace_id
        }
        fired = on_record(items, [threshold])
        assert len(set(fired)) == len(fired), f"2: a line fired twice: {fired}"
        due = reached(workspace, journals, logs, threshold, in_time=True)
        assert due <= set(fired), f"7: lines that never fired: {due - set(fired)}"
        ever = reached(workspace, journals, logs, threshold, in_time=False)
        assert set(fired) <= ever, f"4: lines that fired for nothing: {set(fired) - ever}"


def isolated(world: World, items: list[Item]) -> None:
    """6: every item stands under its workspace, in the table and in every index."""
    for item in items:
        workspace_id = str(item["pk"]).split("#")[1]
        assert workspace_id in world.workspaces, f"6: {item}"
        for partition in ("hk", "jk", "ak"):
            if partition in item:
                assert str(item[partition]).startswith(f"W#{workspace_id}#"), f"6: {item}"


def nothing_lost(world: World, books: Books, items: list[Item]) -> None:
    """7: what was acknowledged is there as it was told; what was crossed was told once on record."""
    for key, (_, log) in world.heard.logs.items():
        assert books.logs.get(key) == log, f"7: {key} is not as it was acknowledged"
    for asked, entry in world.heard.moved.items():
        kept = books.entries[entry.workspace_id, entry.account_id][entry.seq - 1]
        assert kept == entry, f"7: {asked} is not as it was acknowledged"
    alerts = [item for item in items if str(item["pk"]).endswith("#ALERTS")]
    published = set(world.published)
    for alert in alerts:
        assert alert["sk"] in published, f"7: never told: {alert}"
        assert "ok" not in alert, f"7: still waits: {alert}"
    assert {str(alert["sk"]) for alert in alerts} == published, "7: told, and not on record"
