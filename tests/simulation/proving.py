"""What the product's own proof says of a world, and of one whose figures were changed on purpose."""

from __future__ import annotations

from shared.store.table import Item, Put
from tests.reconciling import DirectFolder, prover, rebuild_over
from tests.simulation.world import World


def proved(world: World) -> None:
    """4: nothing drifts; and in worlds with damage, that is found, and a rebuild puts it right.

    Raises:
        AssertionError: it is not so.
    """
    for workspace_id in world.workspaces:
        report = prover(world.table, world.clock)(workspace_id)
        assert not report.total, f"4: a proof of {workspace_id} finds {report.findings}"
        assert not report.behind, f"4: {report.behind} accounts of {workspace_id} are behind"
    if world.has("damage"):
        _damaged(world)


def _damaged(world: World) -> None:
    random, table = world.stage.random, world.table
    cells = [item for item in table.items() if _is_cell(item)]
    if not cells:
        return
    cell = random.choice(cells)
    figure = random.choice([name for name in ("rq", "cr", "tt") if name in cell])
    table.write(Put({**cell, figure: int(str(cell[figure])) + random.choice((-1, 1, 7))}))
    workspace_id = str(cell["pk"]).split("#")[1]
    report = prover(table, world.clock)(workspace_id)
    place = f"{figure} of {cell['pk']!s} {cell['sk']!s}"
    assert report.total, f"4: no proof finds that {place} is wrong"
    world.sights.saw("drift found")
    rebuild = rebuild_over(table, world.clock, DirectFolder(table, world.clock))
    rebuilt = rebuild(workspace_id)
    assert rebuilt.flipped, f"4: a rebuild of {workspace_id} finds {rebuilt.report.findings}"
    report = prover(table, world.clock)(workspace_id)
    assert not report.total, f"4: after a rebuild of {workspace_id}: {report.findings}"
    world.sights.saw("rebuilt")


def _is_cell(item: Item) -> bool:
    pk, sk = str(item["pk"]), str(item["sk"])
    return (sk.startswith("C#") or "#C#" in pk) and "rq" in item
