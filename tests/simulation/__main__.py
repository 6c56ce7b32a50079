"""Lives through one world: `python -m tests.simulation SEED`. Ends with 3 and says what did not hold.

`python -m tests.simulation --cover N` lives through the first N and counts what was seen in them.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from typing import Final

from tests.simulation.invariants import check
from tests.simulation.sights import SIGHTS, table_of
from tests.simulation.world import World

BROKEN: Final = 3
"""The exit code when an invariant does not hold: unlike any of the interpreter's own."""


def live(seeds: list[int]) -> int:
    """These worlds, until one breaks."""
    for seed in seeds:
        world = World(seed)
        try:
            world.run()
            check(world)
        except Exception as error:  # noqa: BLE001 - whatever it is, this seed shows it
            print(f"seed {seed}: {type(error).__name__}: {error}".replace("\n", " ")[:2_000])
            return BROKEN
        print(f"seed {seed}: all invariants hold after {world.scheduler.steps} steps")
    return 0


def cover(count: int) -> int:
    """What is seen in the first worlds: how often, in how many, and what is not."""
    counts: Counter[str] = Counter()
    worlds: Counter[str] = Counter()
    for seed in range(1, count + 1):
        world = World(seed)
        world.run()
        check(world)
        counts += world.sights.counts
        worlds.update(world.sights.counts.keys())
    print(table_of(counts, worlds))
    return min(len(SIGHTS.keys() - counts.keys()), 1)


def main() -> int:
    """One seed, some, or what they show."""
    logging.disable(logging.CRITICAL)
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seeds", metavar="SEED", type=int, nargs="*")
    parser.add_argument("--cover", metavar="N", type=int, default=0)
    asked = parser.parse_args()
    return cover(asked.cover) if asked.cover else live(asked.seeds)


if __name__ == "__main__":
    sys.exit(main())
