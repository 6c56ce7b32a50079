"""The proof finds nothing where all is well, whatever goes on meanwhile, and everything that was damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.aggregate.schemas import arrivals_of
from shared.domain.thresholds import Rules, new_threshold, revised
from shared.reconcile.report import Report
from shared.reconcile.sources import ArchivedDay
from shared.reconcile.walk import Walk
from shared.reconcile.workspace import ProveWorkspace
from shared.store.ledger import DynamoLedger
from shared.store.proofs import sources_of
from shared.store.schema import account_pk, cursor_key, log_key
from shared.store.table import Delete, Put, Query
from shared.store.thresholds import threshold_item
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage
from tests.folding import CrashError, crash, folder, interleave, seeded, wide_usage
from tests.reconciling import KEY, DirectFolder, ProvedShop, prover
from tests.simulation.world import World


@pytest.fixture
def shop() -> ProvedShop:
    """A shop with a past that was folded, some of it long ago."""
    shop = ProvedShop()
    shop.live(1)
    shop.clock.advance(days=50)
    shop.live(2)
    shop.clock.advance(minutes=20)
    shop.live(3, commits=4)
    shop.fold_stream()
    return shop


def test_nothing_is_found_where_all_is_well(shop: ProvedShop) -> None:
    report = shop.prove()

    assert (report.drift, report.findings, report.unsettled) == ({}, [], [])
    assert (report.accounts, report.entries) == (3, 28)
    assert report.logs == sum(len(entry.log_ids) for entry in shop.entries)
    assert report.cells > 100


def test_an_entry_folded_in_parts_is_judged_by_its_parts() -> None:
    shop = ProvedShop()
    entry = shop.use("alice", *wide_usage(60, 4))
    shop.fold_stream()
    assert shop.prove().drift == {}

    shop.table.write(Delete(cursor_key(WORKSPACE, entry.account_id, 1)))

    assert "cells requests" in shop.prove().drift


@pytest.mark.parametrize("parts_done", [0, 1, 2])
def test_a_fold_that_died_half_way_is_exact_as_far_as_it_came(parts_done: int) -> None:
    """Private cells have the entry, shared ones some parts of it: both are what they say."""
    shop = ProvedShop()
    shop.live(4)
    shop.fold_stream()
    shop.use("alice", *wide_usage(90, 9))
    shop.table.meet("transact", *[None] * parts_done, crash)
    with pytest.raises(CrashError):
        shop.fold_stream()

    assert shop.prove().drift == {}
    shop.clock.advance(minutes=20)
    report = shop.prove()
    assert (report.drift, report.behind) == ({}, 1)


@pytest.mark.parametrize("seed", range(12))
def test_a_simulated_world_is_exact_after_all_that_happened_to_it(seed: int) -> None:
    world = World(seed)
    world.run()

    for workspace_id in world.workspaces:
        report = prover(world.table, world.clock)(workspace_id)
        assert (report.drift, report.findings) == ({}, [])


SHARED = ("D", "M", "H", "X", "C", "P", "E", "A")


@pytest.mark.parametrize("family", SHARED)
def test_a_damaged_shared_cell_is_found_whatever_its_family(shop: ProvedShop, family: str) -> None:
    figure = "n100" if family == "A" else "rq"
    shop.damage(f"#C#1#{family}", "", **{figure: 3})

    report = shop.prove()

    assert sum(report.drift.values()) == 3
    assert all(finding.place.startswith(f"{family} ") for finding in report.findings)


def test_a_cell_from_nowhere_is_found(shop: ProvedShop) -> None:
    shop.table.write(Put({"pk": f"W#{WORKSPACE}#C#1#U", "sk": "2026-11-01#a|b|c", "un": 4}))

    assert shop.prove().drift == {"cells unpriced": 4}


@pytest.mark.parametrize("prefix", ["C#1#D#", "C#1#M#", "C#1#X#"])
def test_a_damaged_cell_of_an_account_is_found(shop: ProvedShop, prefix: str) -> None:
    item = shop.damage("#A#acct_", prefix, cs=-7)

    report = shop.prove()

    assert report.drift == {"cells cost": 7}
    assert report.findings[0].account_id == str(item["pk"]).split("#")[3]


def test_figures_that_moved_to_another_cell_are_found(shop: ProvedShop) -> None:
    """Of one day, so that every total is as before."""
    cells = [item for item in shop.table.items() if str(item["pk"]).endswith("#C#1#H")]
    day = str(cells[-1]["sk"])[:10]
    one, other = [item for item in cells if str(item["sk"]).startswith(day)][:2]
    for item, change in ((one, 1), (other, -1)):
        shop.table.write(Put({**item, "rq": int(str(item["rq"])) + change}))

    assert shop.prove().drift == {"cells misplaced": 1}


def _without_log(shop: ProvedShop) -> None:
    item = shop.one("#L#", "LOG")
    shop.table.write(Delete({"pk": str(item["pk"]), "sk": "LOG"}))


def _with_another_log(shop: ProvedShop) -> None:
    item = shop.one("#L#", "LOG")
    shop.table.write(Put({**item, **log_key(WORKSPACE, "from-nowhere")}))


def _last_log_elsewhere(shop: ProvedShop) -> None:
    shop.damage("#L#", "LOG", sv="elsewhere")


def _without_entry(shop: ProvedShop, seq: int) -> None:
    item = shop.one("#A#", f"J#{seq:012d}")
    shop.table.write(Delete({"pk": str(item["pk"]), "sk": str(item["sk"])}))


def _without_last(shop: ProvedShop) -> None:
    account_id = shop.account_id("alice")
    query = Query(account_pk(WORKSPACE, account_id), prefix="J#", descending=True)
    item = shop.table.query(query).items[0]
    shop.table.write(Delete({"pk": str(item["pk"]), "sk": str(item["sk"])}))


DAMAGES: dict[str, tuple[Callable[[ProvedShop], Any], str]] = {
    "a head's balance": (lambda s: s.damage("#A#", "HEAD", ba=1), "heads wrong"),
    "a head's totals": (lambda s: s.damage("#A#", "HEAD", ha=b"x" * 32), "heads wrong"),
    "an entry's amount": (lambda s: s.damage("#A#", "J#000000000002", am=1), "entries wrong"),
    "an entry's hash": (lambda s: s.damage("#A#", "J#", ha=b"x" * 32), "entries wrong"),
    "an entry's digest": (lambda s: s.damage("#A#", "J#", dg="[]"), "entries wrong"),
    "an entry that is gone": (lambda s: _without_entry(s, 2), "entries wrong"),
    "the last entry gone": (_without_last, "entries missing"),
    "a log that is gone": (_without_log, "logs logs"),
    "a log too many": (_with_another_log, "logs logs"),
    "a log of another service": (_last_log_elsewhere, "logs misplaced"),
    "a log's cost": (lambda s: s.damage("#L#", "LOG", cs=5), "logs cost"),
    "a cursor beyond the head": (lambda s: s.damage("#A#", "CURSOR#", seq=900), "cursors wrong"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_named(shop: ProvedShop, damage: str) -> None:
    do, what = DAMAGES[damage]
    do(shop)

    assert what in shop.prove().drift


def test_an_account_behind_its_head_is_no_drift_but_is_told(shop: ProvedShop) -> None:
    shop.use("alice")
    shop.lose_stream()
    shop.clock.advance(minutes=2)
    walk = (proof := prover(shop.table, shop.clock)).begin(WORKSPACE)

    behind = [account.account_id for account in proof.go_on(walk) if account.behind]

    assert behind == [shop.account_id("alice")]
    assert proof.end(walk).drift == {}


def test_what_the_stream_lost_is_folded_by_the_way(shop: ProvedShop) -> None:
    shop.use("alice")
    shop.lose_stream()
    shop.clock.advance(minutes=2)
    sources = sources_of(shop.table, shop.clock)
    folder = DirectFolder(shop.table, shop.clock)

    report = ProveWorkspace(sources, DynamoWorkspaces(shop.table), KEY, folder=folder)(WORKSPACE)

    assert (report.drift, report.behind, report.folded) == ({}, 1, 1)
    assert shop.prove().behind == 0


def test_a_walk_can_be_put_away_after_any_account_and_taken_up_by_another(shop: ProvedShop) -> None:
    plain = prover(shop.table, shop.clock).begin(WORKSPACE).plain()
    for _ in range(3):
        walk = Walk.of_plain(plain)
        next(prover(shop.table, shop.clock).go_on(walk))
        plain = walk.plain()

    shop.clock.advance(minutes=10)
    shop.live(9)
    shop.fold_stream()
    shop.damage("#C#1#P", "", rq=2)
    report = prover(shop.table, shop.clock).end(Walk.of_plain(plain))

    assert report.accounts == 3
    assert report.drift == {"cells requests": 2}


@pytest.mark.parametrize("seed", range(25))
def test_it_finds_nothing_while_others_write_and_fold(seed: int) -> None:
    shop = ProvedShop()
    shop.live(seed)
    shop.fold_stream()
    shop.clock.advance(minutes=9)
    shop.live(seed + 100, commits=6)
    records = shop.table.stream_records()
    reports: list[Report] = []
    random = seeded(seed)

    def write(table: Any) -> None:
        """Fold what is there, an entry at a time, and most of it again."""
        fold = folder(table)
        for arrival in random.sample(arrivals_of(records), 12):
            fold([arrival])

    def record(table: Any) -> None:
        """Commit logs that nobody folds yet."""
        ledger = DynamoLedger(table, shop.clock)
        for number in range(4):
            ledger.record(WORKSPACE, [a_usage(f"new-{number}", user_id="alice")])

    interleave(
        shop.table,
        [write, record, lambda table: reports.append(prover(table, shop.clock)(WORKSPACE))],
        random,
    )
    shop.fold_stream()

    assert [report.drift for report in reports] == [{}]
    assert shop.prove().drift == {}


def test_damage_is_found_while_others_fold() -> None:
    shop = ProvedShop()
    shop.live(5)
    shop.fold_stream()
    shop.live(6)
    shop.damage("#C#1#D", "DAY#", tt=1_000_000_000)
    records = shop.table.stream_records()
    reports: list[Report] = []

    def write(table: Any) -> None:
        for arrival in arrivals_of(records):
            folder(table)([arrival])

    interleave(
        shop.table,
        [write, lambda table: reports.append(prover(table, shop.clock)(WORKSPACE))],
        seeded(5),
    )

    assert reports[0].drift == {"cells total": 1_000_000_000}


def _watch(shop: ProvedShop, rules: Rules) -> None:
    """A threshold whose alerts nobody fires."""
    threshold = new_threshold(WORKSPACE, "th_" + "0" * 20, rules, shop.clock.now_ms())
    shop.table.write(Put(threshold_item(threshold)))


@pytest.mark.parametrize(
    "rules",
    [
        Rules("user", None, "requests", daily=2, monthly=None, percents=(100,)),
        Rules("workspace", None, "requests", daily=None, monthly=2, percents=(100,)),
        Rules("user", None, "balance", daily=None, monthly=None, percents=(), below=5),
    ],
)
def test_a_line_that_was_reached_and_has_no_alert_is_found(rules: Rules) -> None:
    shop = ProvedShop()
    _watch(shop, rules)
    shop.clock.advance(seconds=11)
    shop.move("purchase")
    for number in range(2):
        shop.use("alice", a_usage(f"l{number}", credits=15))
    shop.clock.advance(days=2)
    shop.use("bob", a_usage("later", credits=0))
    shop.fold_stream()
    shop.clock.advance(minutes=2)

    assert shop.prove().drift == {"alerts missing": 1}


def test_a_line_of_the_last_minute_may_still_be_on_its_way() -> None:
    shop = ProvedShop()
    _watch(shop, Rules("user", None, "requests", daily=1, monthly=None, percents=(100,)))
    shop.clock.advance(seconds=11)
    shop.use("alice")
    shop.fold_stream()

    assert shop.prove().drift == {}
    shop.clock.advance(seconds=61)
    assert shop.prove().drift == {"alerts missing": 1}


def test_what_was_written_before_a_threshold_changed_is_not_judged_by_it() -> None:
    """Other percentages do not fire for what was there; the next write does."""
    shop = ProvedShop()
    rules = Rules("user", None, "requests", daily=2, monthly=None, percents=(100,))
    _watch(shop, rules)
    shop.clock.advance(seconds=11)
    shop.use("alice")
    shop.clock.advance(minutes=5)
    made = new_threshold(WORKSPACE, "th_" + "0" * 20, rules, shop.clock.now_ms() - 311_000)
    lower = revised(made, replace(rules, percents=(50,)), shop.clock.now_ms())
    assert lower.daily == made.daily
    shop.table.write(Put(threshold_item(lower)))
    shop.fold_stream()
    shop.clock.advance(minutes=2)

    assert shop.prove().drift == {}
    shop.use("alice")
    shop.fold_stream()
    shop.clock.advance(minutes=2)
    assert shop.prove().drift == {"alerts missing": 1}


class _Archive:
    """Manifests of one day."""

    def __init__(self, **days: ArchivedDay) -> None:
        self._days = {day.replace("d", "").replace("_", "-"): said for day, said in days.items()}

    def days(self, workspace_id: str) -> dict[str, ArchivedDay]:
        return self._days


def test_logs_that_expired_after_they_were_archived_are_no_drift_when_the_archive_has_them() -> (
    None
):
    shop = ProvedShop()
    entries = [shop.use("alice", a_usage("l1", credits=3, cost_picos=10)), shop.use("bob")]
    shop.fold_stream()
    shop.table.write(Delete(log_key(WORKSPACE, "l1")))
    said = ArchivedDay(
        2, sum(entry.amount for entry in entries), 10 + entries[1].digest[0].sums.cost
    )
    shop.clock.advance(days=1)

    whole = shop.prove(_Archive(d2026_11_20=said))
    short = shop.prove(_Archive(d2026_11_20=said._replace(logs=1)))
    none = shop.prove()

    assert (whole.drift, whole.archived, whole.logs) == ({}, 1, 1)
    assert short.drift == {"archive logs": 1}
    assert none.drift["logs logs"] == 1
