"""The seven invariants, checked from the raw items of the table and from what clients were told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.calendar import local_day_hour
from shared.domain.cells import fold_private
from shared.domain.digests import Dimensions, digest_of
from shared.domain.exports import TRANSACTIONS
from shared.domain.head import Metric
from shared.domain.ids import split_transaction_id, transaction_id
from shared.domain.journal import Entry, verify
from shared.domain.thresholds import KINDS
from shared.domain.usage import UsageLog
from shared.store.erasures import LOG_TEXTS
from shared.store.items import head_from
from shared.store.schema import ENTRY_PREFIX, SYSTEM_PK, split_account_pk
from shared.store.table import Item
from tests.folding import private_cells, private_fold, shared_cells, shared_fold, without_zeros
from tests.simulation.books import LOG_SK, Account, Books, Version
from tests.simulation.crossings import Lines, on_record
from tests.simulation.exporting import Made
from tests.simulation.figures import used
from tests.simulation.finishing import finished
from tests.simulation.flips import flipped
from tests.simulation.heard import textless, wordless
from tests.simulation.history import in_order
from tests.simulation.keeping import archived
from tests.simulation.limits import limits_held
from tests.simulation.plan import STRICT
from tests.simulation.proving import proved
from tests.simulation.repricing import repriced
from tests.simulation.sums import add_up, heads_count
from tests.simulation.telling import told_right
from tests.simulation.world import World

METRICS: Final[tuple[Metric, ...]] = ("requests", "tokens", "cost", "credits")


def check(world: World) -> None:
    """All seven.

    Raises:
        AssertionError: one does not hold; the message says which and where.
    """
    items = world.before or world.table.items()
    books = Books(items, world.table.changes())
    atomic(books)
    once(world, books)
    gapless(world, books)
    heads_count(world, books, items)
    one_truth(world, books)
    add_up(world, books, items)
    in_order(world)
    flipped(world, books)
    never_overdrawn(books)
    limits_held(world, books)
    told_once(world, books, items)
    told_right(world, books, items)
    isolated(world, items)
    nothing_lost(world, books, items)
    for made in world.exporter.made:
        consistent(made, books)
    forgotten(world, books, items)
    repriced(world, books, items)
    finished(world, items)
    archived(world, books)
    proved(world)


def atomic(books: Books) -> None:
    """1: a log, its entry and the head stand or fall together."""
    named = Counter(
        (workspace_id, log_id)
        for (workspace_id, _), entries in books.entries.items()
        for entry in entries
        if entry.reason == "usage"
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
        if entry.reason == "usage"
        for log_id in entry.log_ids
    )
    assert set(named.values()) <= {1}, "2: a log was booked twice"
    seqs = Counter(
        (entry.workspace_id, entry.account_id, entry.seq) for entry in world.heard.moved.values()
    )
    assert set(seqs.values()) <= {1}, "2: one entry answered two requests"
    posted = sum(e.reason != "usage" for entries in books.entries.values() for e in entries)
    assert posted >= len(seqs), "2: movements are missing"


def gapless(world: World, books: Books) -> None:
    """3: every journal is 1, 2, 3 … and proves itself; the head is its last entry, and counts as it does."""
    assert books.heads.keys() == books.entries.keys(), "3: heads and journals differ"
    for account, entries in books.entries.items():
        found = verify(entries)
        assert found.first_bad_seq is None, f"3: {account} is wrong from {found.first_bad_seq}"
        head = head_from(books.heads[account])
        assert (head.seq, head.balance) == (len(entries), found.balance), f"3: head of {account}"
        assert head.hash == found.head_hash, f"3: head of {account}"
        logs = sum(len(entry.log_ids) for entry in entries if entry.reason == "usage")
        assert head.logs == logs, f"3: head of {account} counts {head.logs} logs of {logs}"
        workspace = world.workspaces[account[0]]
        for metric in METRICS:
            today, month = (
                sum(row.amount for row in rows if row.in_time and row.period == period)
                for rows, period in (
                    (used(workspace, entries, "daily", metric), head.day),
                    (used(workspace, entries, "monthly", metric), head.month),
                )
            )
            counted = head.today.of(metric), head.this_month.of(metric)
            assert counted == (today, month), f"3: head of {account} counts {metric} wrongly"


def one_truth(world: World, books: Books) -> None:
    """4: entries sum up their logs, cells fold the entries, and all of an account's entries are its logs."""
    for (workspace_id, account_id), entries in books.entries.items():
        zone = world.workspaces[workspace_id].zone
        logs: list[UsageLog] = []
        for entry in entries:
            if entry.reason == "usage":
                own = [books.logs[workspace_id, log_id] for log_id in entry.log_ids]
                digest = digest_of((_about(log, zone), log) for log in own)
                assert entry.digest == digest, f"4: {account_id}'s entry {entry.seq} and its logs"
                logs += own
        if any(entry.digest and entry.reason != "usage" for entry in entries):
            now = fold_private(digest_of((_about(log, zone), log.current) for log in logs))
            told = fold_private(row for entry in entries for row in entry.digest)
            assert without_zeros(told) == without_zeros(now), (
                f"4: {account_id}'s entries and what logs cost now"
            )
        shown = books.shown[workspace_id]
        cells = private_cells(world.table, workspace_id, account_id, shown)
        due = private_fold(entries, zone)
        assert without_zeros(cells) == without_zeros(due), f"4: private cells of {account_id}"
    for workspace_id, workspace in world.workspaces.items():
        all_entries = [entry for _, entries in books.of(workspace_id) for entry in entries]
        cells = shared_cells(world.table, workspace_id, books.shown[workspace_id])
        due = shared_fold(all_entries, workspace.zone)
        assert without_zeros(cells) == without_zeros(due), f"4: shared cells of {workspace_id}"


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
    standing = {(item["pk"], item["sk"]) for item in items}
    for workspace_id, workspace in world.workspaces.items():
        fired = on_record(items, workspace_id)
        assert len(set(fired)) == len(fired), f"2: a line fired twice: {fired}"
        lines, due, possible = Lines(books, workspace), set(), set()
        for versions in books.versions.values():
            if versions[0].threshold.workspace_id != workspace_id:
                continue
            rearmed(versions)
            last = versions[-1]
            if (f"W#{workspace_id}#THRESHOLDS", last.threshold.threshold_id) in standing:
                due |= lines.due(last)
            for version in versions:
                possible |= lines.possible(version.threshold)
        assert due <= set(fired), f"7: lines that never fired: {due - set(fired)}"
        assert set(fired) <= possible, f"4: lines that fired for nothing: {set(fired) - possible}"


def rearmed(versions: list[Version]) -> None:
    """2 and 7: a limit that changed is another one, whose lines fire anew; one that stayed is the same."""
    for (before, _), (after, _) in pairwise(versions):
        for kind in KINDS:
            changed = (before.rules.metric, before.rules.limit(kind)) != (
                after.rules.metric,
                after.rules.limit(kind),
            )
            grown = after.arming(kind).revision - before.arming(kind).revision
            assert grown == int(changed), f"7: {after} is armed as {before} was"
            fresh = after.arming(kind).since_ms == after.updated_ms
            assert fresh or not changed, f"4: {after} counts what came before it"


def isolated(world: World, items: list[Item]) -> None:
    """6: every item but the system's own stands under its workspace, in the table and every index."""
    for item in items:
        if item["pk"] == SYSTEM_PK:
            continue
        workspace_id = str(item["pk"]).split("#")[1]
        assert workspace_id in world.workspaces, f"6: {item}"
        for partition in ("hk", "jk", "ak"):
            if partition in item:
                assert str(item[partition]).startswith(f"W#{workspace_id}#"), f"6: {item}"


def nothing_lost(world: World, books: Books, items: list[Item]) -> None:
    """7: what was acknowledged is there as it was told; what was crossed was told once on record."""
    for key, (_, log) in world.heard.logs.items():
        kept = books.logs.get(key)
        assert kept is not None, f"7: {key} is not there"
        kept = replace(kept, repriced=log.repriced)
        if (log.workspace_id, log.account_id) in books.erased:
            kept, log = wordless(kept), wordless(log)  # noqa: PLW2901 - what an erasure leaves of both
        assert kept == log, f"7: {key} is not as it was acknowledged"
    for asked, entry in world.heard.moved.items():
        account = entry.workspace_id, entry.account_id
        there = books.entries[account][entry.seq - 1]
        if account in books.erased:
            there, entry = textless(there), textless(entry)  # noqa: PLW2901 - as above
        assert there == entry, f"7: {asked} is not as it was acknowledged"
    alerts = [item for item in items if str(item["pk"]).endswith("#ALERTS")]
    published = {str(message["id"]) for _, message in world.published}
    for alert in alerts:
        assert alert["sk"] in published, f"7: never told: {alert}"
        assert "ok" not in alert, f"7: still waits: {alert}"
    assert {str(alert["sk"]) for alert in alerts} == published, "7: told, and not on record"
    tests = {str(alert["sk"]) for alert in alerts if "tt" in alert}
    for admin in world.admins:
        assert admin.tests <= tests, "7: a test alert is lost"


def consistent(made: Made, books: Books) -> None:
    """4 and 7 for exports: all that was acknowledged before is in the file, once, and it is what is kept."""
    manifest = made.manifest
    assert made.sound, f"4: a manifest tells of another file: {manifest}"
    ids = [str(row["id"]) for row in made.rows]
    assert len(set(ids)) == len(ids), "2: a row is in an export twice"
    if made.kind == TRANSACTIONS:
        accounts: dict[str, list[int]] = {}
        for row_id, row in zip(ids, made.rows, strict=True):
            found = split_transaction_id(row_id)
            assert found is not None
            account_id, seq = found
            accounts.setdefault(account_id, []).append(seq)
            entry = books.entries[made.workspace_id, account_id][seq - 1]
            for member, figure in _as_exported(entry).items():
                assert row[member] == figure, f"4: {entry} is exported as {row}"
        for account_id, seqs in accounts.items():
            assert seqs == list(range(1, len(seqs) + 1)), f"3: an export of {account_id} has holes"
        missing = {transaction_id(*entry) for entry in made.entries} - set(ids)
    else:
        for row_id, row in zip(ids, made.rows, strict=True):
            log = books.logs.get((made.workspace_id, row_id))
            assert log is not None, f"6: {row_id} is in an export only"
            there = row["credits"], row.get("tokens", {}).get("total"), row["transactionId"]
            total = log.tokens.total if log.tokens else None
            right = log.credits, total, transaction_id(log.account_id, log.seq)
            assert there == right, f"4: {log} is exported as {row}"
        missing = set(made.logs) - set(ids)
    assert not missing, f"7: acknowledged, and not in the export: {missing}"


def _as_exported(entry: Entry) -> dict[str, object]:
    return {
        "type": entry.type,
        "reason": entry.reason,
        "amount": entry.amount,
        "balanceAfter": entry.balance_after,
        "hash": entry.hash.hex(),
    }


def forgotten(world: World, books: Books, items: list[Item]) -> None:
    """4 for erasures: of who was erased only the books are left, and they prove themselves (3)."""
    erasures = {
        (str(item["pk"]).split("#")[1], str(item["sk"])): item
        for item in items
        if str(item["pk"]).endswith("#ERASURES")
    }
    assert erasures.keys() == books.erased.keys(), "4: erasures and marks differ"
    done: dict[Account, int] = {}
    for account, erasure in erasures.items():
        assert erasure["st"] == "done", f"4: an erasure is left undone: {erasure}"
        done[account] = int(str(erasure["sq"]))
        before = [
            entry.seq
            for entry in books.entries.get(account, [])
            if books.written[*account, entry.seq] < books.erased[account]
        ]
        assert done[account] >= max(before, default=0), f"4: texts of {account} were forgotten"
    for account, mark in books.erased.items():
        assert account not in books.heads or "nx" in books.heads[account], f"4: {account} is back"
        for entry in books.entries.get(account, []):
            late = books.written[*account, entry.seq] > mark
            assert not (late and entry.reason == "usage"), f"4: usage of an erased user: {entry}"
    for item in items:
        pk, sk = str(item["pk"]), str(item["sk"])
        if "#DIR#" in pk and (pk.split("#")[1], sk) in done:
            assert "uid" not in item, f"4: {sk} still has a user"
        elif sk == LOG_SK and split_account_pk(str(item["hk"])) in done:
            assert not item.keys() & set(LOG_TEXTS), f"4: a log of an erased user: {item}"
        elif sk.startswith(ENTRY_PREFIX) and split_account_pk(pk) in done:
            texts = {"nt", "md", "ik"} & item.keys()
            after = int(str(item["seq"])) > done[split_account_pk(pk)]
            assert after or not texts, f"4: an entry of an erased user: {item}"
