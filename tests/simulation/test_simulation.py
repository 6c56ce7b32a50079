"""Whatever goes wrong, the seven invariants hold (REC-4, REC-5, LED-2, LED-4, STA-5, ALR-2, ALR-3).

`SEEDS` and `SEED_BASE` say which worlds are lived through; a failing seed replays exactly.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

from tests.simulation.invariants import check
from tests.simulation.world import World

SEEDS: Final = int(os.environ.get("SEEDS", "40"))
SEED_BASE: Final = int(os.environ.get("SEED_BASE", "1"))


@pytest.mark.parametrize("seed", range(SEED_BASE, SEED_BASE + SEEDS))
def test_the_invariants_hold(seed: int) -> None:
    world = World(seed)
    world.run()
    check(world)
