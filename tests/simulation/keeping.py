"""What the archive has to hold when it came to its end: every log and entry that is over, as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from shared.archive.chain import checkpoints_of
from shared.archive.files import ENTRIES, read_part
from shared.archive.proving import prove
from shared.domain.archive import JOURNAL
from shared.domain.calendar import MS_PER_HOUR
from shared.domain.checkpoints import HeadMark
from shared.domain.journal import Entry
from shared.store.accounts import DynamoAccounts
from shared.store.archives import DynamoArchives
from tests.simulation.books import LOG_SK, Books
from tests.simulation.heard import textless
from tests.simulation.sums import local
from tests.simulation.world import World

OVER_MS: Final = MS_PER_HOUR + 60_000
"""So long after its end a day or month is archived by whichever clock."""


def archived(world: World, books: Books) -> None:
    """7 for the archive: what the table let go of is there, as it was, and all of it; nothing else is gone.

    Raises:
        AssertionError: it is not so.
    """
    if world.before is None:
        return
    for key, log in world.archived.items():
        kept = replace(books.logs[key], fingerprint=log.fingerprint, nonce=log.nonce)
        assert log == kept, f"7: {key} is archived as {log} and was {kept}"
    due = {key for key, log in books.logs.items() if _over(world, key[0], log.created_ms, "day")}
    assert due <= world.archived.keys(), f"7: never archived: {due - world.archived.keys()}"
    left = {
        (str(item["pk"]).split("#")[1], str(item["pk"]).rpartition("#")[2])
        for item in world.table.items()
        if item["sk"] in {LOG_SK, "REPRICED"}
    }
    gone = books.logs.keys() - left
    assert gone <= world.archived.keys(), f"7: {gone - world.archived.keys()} are gone for good"
    assert due <= gone, f"7: the table keeps {due - gone} for ever"
    world.sights.saw("expired", len(gone))
    for workspace_id in world.workspaces:
        _journals(world, books, workspace_id)
        _proves(world, books, workspace_id)


def _over(world: World, workspace_id: str, created_ms: int, period: str) -> bool:
    """Whether the day or month of a commit was over for good when the archive came to its end."""
    zone = world.workspaces[workspace_id].zone
    digits = len("2026-11-20" if period == "day" else "2026-11")
    then, now = (
        local(at_ms, zone)[0][:digits] for at_ms in (created_ms, world.archivist.ended_ms - OVER_MS)
    )
    return then < now


def _journals(world: World, books: Books, workspace_id: str) -> None:
    """The journals of months that are over are in the files, each entry once, as it was."""
    archives = DynamoArchives(world.table, map)
    found: dict[tuple[str, int], Entry] = {}
    for archive in archives.units(workspace_id, JOURNAL):
        for part in archive.parts:
            for entries in read_part(world.archivist.bucket, archive, part, ENTRIES):
                for entry in entries:
                    place = entry.account_id, entry.seq
                    assert place not in found, f"2: {place} is in the archive twice"
                    found[place] = entry
    for account_id, entries in books.of(workspace_id):
        for entry in entries:
            over = _over(world, workspace_id, entry.created_ms, "month")
            there = found.get((account_id, entry.seq))
            assert over == (there is not None), f"7: {over} and {there}: {entry}"
            if there is not None:
                world.sights.saw("journal archived")
                assert _bare(there) == _bare(entry), f"7: archived as {there}, and was {entry}"


def _bare(entry: Entry) -> Entry:
    """What the archive keeps of an entry: no texts, and nothing that only the folding needs."""
    return replace(textless(entry), counted=())


def _proves(world: World, books: Books, workspace_id: str) -> None:
    """Checkpoints say where every account stood each day; with them the files prove themselves."""
    archivist, zone, problems = world.archivist, world.workspaces[workspace_id].zone, list[str]()
    marks: dict[str, list[HeadMark]] = {}
    days: dict[str, dict[str, bytes]] = {}
    for statement, found in checkpoints_of(archivist.checkpoints, workspace_id, None, problems):
        days[statement.day] = {mark.account_id: mark.hash for mark in found}
        for mark in found:
            marks.setdefault(mark.account_id, []).append(mark)
    due: dict[str, dict[str, bytes]] = {}
    for account_id, entries in books.of(workspace_id):
        for entry in entries:
            if _over(world, workspace_id, entry.created_ms, "day"):
                due.setdefault(local(entry.created_ms, zone)[0], {})[account_id] = entry.hash
    assert days == due, f"7: checkpoints of {workspace_id} say {days}, journals {due}"
    accounts = DynamoAccounts(world.table)
    problems += prove(archivist.bucket, workspace_id, zone, accounts, marks).problems
    assert not problems, f"7: the archive of {workspace_id} does not prove: {problems}"
