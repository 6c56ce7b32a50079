"""Lives through one world: `python -m tests.simulation SEED`. Ends with 3 and says what did not hold."""

from __future__ import annotations

import logging
import sys
from typing import Final

from tests.simulation.invariants import check
from tests.simulation.world import World

BROKEN: Final = 3
"""The exit code when an invariant does not hold: unlike any of the interpreter's own."""


def main(seed: int) -> int:
    """One seed."""
    logging.disable(logging.CRITICAL)
    world = World(seed)
    try:
        world.run()
        check(world)
    except Exception as error:  # noqa: BLE001 - whatever it is, this seed shows it
        print(f"seed {seed}: {type(error).__name__}: {error}"[:2_000])
        return BROKEN
    print(f"seed {seed}: all invariants hold after {world.scheduler.steps} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
