"""Cells are made anew beside the ones being read: never less to see, nothing twice, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from functions.aggregate.schemas import arrivals_of
from functions.aggregate.service import NEAR
from shared.domain.cells import DAY_TOTAL
from shared.domain.errors import ConflictRetryError
from shared.domain.workspace import RETIRED_FOR_MS
from shared.reconcile.rebuild import ClearRetired
from shared.store.cells import DynamoCells
from shared.store.directory import DynamoDirectory
from shared.store.fold_items import cursor_from
from shared.store.generations import DynamoGenerations
from shared.store.schema import cursor_key
from shared.store.table import StoreUnavailableError, Table
from shared.store.versions import DynamoVersions
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE
from tests.fakes.faults import Call, Fault, Step
from tests.folding import AtCall, CrashError, crash, folder, interleave, seeded
from tests.reconciling import DirectFolder, ProvedShop, rebuild_over


@pytest.fixture
def shop() -> ProvedShop:
    """A shop with a past, folded."""
    shop = ProvedShop()
    shop.live(1)
    shop.clock.advance(days=3)
    shop.live(2)
    shop.fold_stream()
    return shop


def clearer(shop: ProvedShop) -> ClearRetired:
    """What clears the retired generation of a shop away."""
    return ClearRetired(
        DynamoWorkspaces(shop.table),
        DynamoDirectory(shop.table),
        DirectFolder(shop.table, shop.clock),
        shop.clock,
    )


def cells_of(shop: ProvedShop, generation: int) -> list[str]:
    """Everything that belongs to a generation."""
    marks = (f"C#{generation}#", f"CURSOR#{generation}", f"PARKED#{generation}")
    return [
        str(item["pk"]) + str(item["sk"])
        for item in shop.table.items()
        if str(item["sk"]).startswith(marks) or f"#C#{generation}#" in str(item["pk"])
    ]


def requests_seen(table: Table) -> int:
    """What a reader of statistics sees now."""
    workspace = DynamoWorkspaces(table).get(WORKSPACE)
    cells = DynamoCells(table).shared(workspace, DAY_TOTAL, "0", "9")
    return sum(delta.sums.requests for delta in cells.values())


def test_damaged_cells_are_right_after_a_rebuild_and_the_old_ones_go(shop: ProvedShop) -> None:
    shop.damage("#C#1#D", "DAY#", rq=5)
    shop.damage("#A#acct_", "C#1#X#", cs=9)
    assert shop.prove().drift == {"cells cost": 9, "cells requests": 5}
    clear = clearer(shop)

    rebuilt = rebuild_over(shop.table, shop.clock)(WORKSPACE)

    assert (rebuilt.flipped, rebuilt.generation, rebuilt.filled) == (True, 2, 3)
    assert shop.prove().drift == {}
    assert not clear.due(WORKSPACE)
    with pytest.raises(ConflictRetryError):
        clear(WORKSPACE)
    shop.clock.advance(ms=RETIRED_FOR_MS)
    assert clear.due(WORKSPACE)
    clear(WORKSPACE)
    assert not cells_of(shop, 1)
    assert not clear.due(WORKSPACE)
    assert shop.prove().drift == {}


def test_the_generation_after_is_fed_alone_and_the_next_rebuild_makes_another(
    shop: ProvedShop,
) -> None:
    rebuild = rebuild_over(shop.table, shop.clock)
    rebuild(WORKSPACE)
    with pytest.raises(ConflictRetryError):
        rebuild(WORKSPACE)
    shop.clock.advance(ms=RETIRED_FOR_MS)
    clearer(shop)(WORKSPACE)
    shop.live(3)
    shop.fold_stream()
    assert not cells_of(shop, 1)

    assert rebuild(WORKSPACE).generation == 3
    assert shop.prove().drift == {}


def test_what_cannot_be_made_right_is_not_shown(shop: ProvedShop) -> None:
    """An entry is damaged: the cells that are there are the better ones."""
    shop.damage("#A#", "J#000000000002", dg="[")

    rebuilt = rebuild_over(shop.table, shop.clock)(WORKSPACE)

    assert not rebuilt.flipped
    assert {"accounts parked", "entries missing"} <= rebuilt.report.drift.keys()
    assert DynamoWorkspaces(shop.table).get(WORKSPACE).generation == 1


def test_whoever_remembers_answers_or_settings_learns_of_the_flip(shop: ProvedShop) -> None:
    generations, versions = DynamoGenerations(shop.table, shop.clock), DynamoVersions(shop.table)
    filling = generations.begin(WORKSPACE)
    before = versions.of(WORKSPACE, None).number, DynamoWorkspaces(shop.table).get(WORKSPACE)

    generations.flip(WORKSPACE, filling)

    assert versions.of(WORKSPACE, None).number == before[0] + 1
    renamed = replace(before[1], name="Other", version=before[1].version + 1)
    with pytest.raises(ConflictRetryError):
        DynamoWorkspaces(shop.table).replace(renamed, before[1])
    generations.flip(WORKSPACE, filling)
    assert DynamoWorkspaces(shop.table).get(WORKSPACE).generation == filling


class LateFolder(DirectFolder):
    """A folder that is overtaken: what it folds first is what was there long ago, nothing."""

    overtaken = True

    def fold(self, workspace_id: str, account_ids: Sequence[str]) -> int:
        if self.overtaken:
            self.overtaken = False
            return 0
        return super().fold(workspace_id, account_ids)


def test_an_account_that_is_further_in_the_old_generation_is_caught_up_before_the_flip(
    shop: ProvedShop,
) -> None:
    """Cells that are behind are exact as far as they go: that is not enough to be read."""
    seen = requests_seen(shop.table)

    assert rebuild_over(shop.table, shop.clock, LateFolder(shop.table, shop.clock))(
        WORKSPACE
    ).flipped

    assert requests_seen(shop.table) == seen


def test_a_rebuild_that_is_given_up_leaves_nothing_behind(shop: ProvedShop) -> None:
    generations = DynamoGenerations(shop.table, shop.clock)
    generations.begin(WORKSPACE)
    shop.live(4)
    shop.fold_stream()
    generations.give_up(WORKSPACE)
    shop.clock.advance(ms=RETIRED_FOR_MS)

    clearer(shop)(WORKSPACE)

    assert not cells_of(shop, 2)
    assert shop.prove().drift == {}


def test_the_stream_leaves_a_long_past_to_whoever_fills() -> None:
    shop = ProvedShop()
    for _ in range(NEAR + 1):
        shop.use("alice")
    shop.use("bob")
    shop.fold_stream()
    DynamoGenerations(shop.table, shop.clock).begin(WORKSPACE)

    shop.use("alice")
    shop.use("bob")
    report = shop.fold_stream()

    assert report.folded == 2 + 2
    assert rebuild_over(shop.table, shop.clock)(WORKSPACE).flipped
    assert shop.prove().drift == {}


def test_filling_goes_on_where_the_time_of_one_call_was_over(shop: ProvedShop) -> None:
    generation = DynamoGenerations(shop.table, shop.clock).begin(WORKSPACE)
    account = shop.account_id("alice")

    assert DirectFolder(shop.table, shop.clock, seconds=0).fold(WORKSPACE, [account]) == 2
    assert DirectFolder(shop.table, shop.clock).fold(WORKSPACE, [account]) == 0
    assert any(f"C#{generation}#" in name for name in cells_of(shop, generation))


@pytest.mark.parametrize("k", range(1, 150, 11))
def test_a_crash_anywhere_is_mended_by_doing_it_again(k: int) -> None:
    shop = ProvedShop()
    shop.live(7, commits=6)
    shop.fold_stream()
    seen = requests_seen(shop.table)
    step = AtCall(k, crash)
    shop.table.meet_chaos(step)

    try:
        rebuild_over(shop.table, shop.clock)(WORKSPACE)
    except CrashError:
        shop.table.meet_chaos(None)
        assert requests_seen(shop.table) == seen
        shop.use("alice")
        shop.fold_stream()
        rebuild_over(shop.table, shop.clock)(WORKSPACE)
    shop.table.meet_chaos(None)

    assert shop.prove().drift == {}
    assert DynamoWorkspaces(shop.table).get(WORKSPACE).generation == 2


@pytest.mark.parametrize("k", range(1, 31))
def test_who_folds_and_dies_leaves_no_account_further_in_the_cells_that_are_read(k: int) -> None:
    """They may be turned over at any moment, and nobody is to see less."""
    shop = ProvedShop()
    shop.live(3, commits=4)
    shop.fold_stream()
    account = shop.account_id("alice")
    filling = DynamoGenerations(shop.table, shop.clock).begin(WORKSPACE)
    DirectFolder(shop.table, shop.clock).fold(WORKSPACE, [account])
    shop.use("alice")
    shop.table.meet_chaos(AtCall(k, crash))

    with suppress(CrashError):
        shop.fold_stream()
    shop.table.meet_chaos(None)

    read, new = (
        cursor_from(shop.table.get(cursor_key(WORKSPACE, account, generation)))
        for generation in (filling - 1, filling)
    )
    assert new >= read


@pytest.mark.parametrize("seed", range(20))
def test_nobody_sees_less_and_nothing_counts_twice_while_others_write_and_read(seed: int) -> None:
    shop = ProvedShop()
    shop.live(seed)
    records = shop.table.stream_records()
    random, seen = seeded(seed), [0]

    def write(table: Any) -> None:
        fold = folder(table)
        for arrival in random.choices(arrivals_of(records), k=18):
            fold([arrival])

    def read(table: Any) -> None:
        seen.extend(requests_seen(table) for _ in range(40))

    interleave(
        shop.table,
        [write, read, lambda table: rebuild_over(table, shop.clock)(WORKSPACE), write],
        random,
    )
    shop.fold_stream()

    assert shop.prove().drift == {}
    assert DynamoWorkspaces(shop.table).get(WORKSPACE).generation == 2
    assert seen == sorted(seen)


FAULTS = (Fault.CONFLICT, Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.THROTTLED)


@pytest.mark.parametrize("seed", range(10))
def test_lost_answers_and_throttles_are_mended_by_doing_it_again(seed: int) -> None:
    shop = ProvedShop()
    shop.live(seed, commits=8)
    shop.fold_stream()
    random = seeded(seed)

    def weather(call: Call) -> Step:
        return random.choice(FAULTS) if random.random() < 0.02 else None

    shop.table.meet_chaos(weather)
    for _ in range(100):
        with suppress(StoreUnavailableError, ConflictRetryError):
            if DynamoWorkspaces(shop.table).get(WORKSPACE).generation == 2:
                break
            rebuild_over(shop.table, shop.clock)(WORKSPACE)
    shop.table.meet_chaos(None)

    assert DynamoWorkspaces(shop.table).get(WORKSPACE).generation == 2
    assert shop.prove().drift == {}
