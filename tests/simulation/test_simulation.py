"""Whatever goes wrong, the seven invariants hold (REC-4, REC-5, LED-2, LED-3, LED-4, STA-5, ALR-2, ALR-3).

`SEEDS` and `SEED_BASE` say which worlds are lived through; a failing seed replays exactly.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

from tests.simulation.invariants import check
from tests.simulation.sights import SIGHTS
from tests.simulation.world import World

SEEDS: Final = int(os.environ.get("SEEDS", "40"))
SEED_BASE: Final = int(os.environ.get("SEED_BASE", "1"))

COVERED: Final = 200
"""In so many worlds, all of which every run of the tests lives through, everything has to have happened."""


@pytest.mark.parametrize("seed", range(SEED_BASE, SEED_BASE + SEEDS))
def test_the_invariants_hold(seed: int) -> None:
    world = World(seed)
    world.run()
    check(world)


def test_a_seed_gives_one_history() -> None:
    first, second = World(1), World(1)
    for world in (first, second):
        world.run()
    assert first.table.items() == second.table.items()
    assert first.scheduler.steps == second.scheduler.steps


def test_every_fault_and_feature_happens() -> None:
    """No fault is there in name only."""
    unseen = set(SIGHTS)
    for seed in range(1, COVERED + 1):
        world = World(seed)
        world.run()
        check(world)
        unseen -= world.sights.counts.keys()
        if not unseen:
            return
    assert not unseen
