"""Proves journals from the archive's files, and onwards from the table; and everything else against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from typing import Protocol
from zoneinfo import ZoneInfo

from shared.archive.files import ENTRIES, LOGS, DamagedError, Files, Layout, R, read_part
from shared.archive.manifests import units_of
from shared.domain.archive import JOURNAL, USAGE_LOGS, Archive, Sums, agree, total
from shared.domain.calendar import local_day, month_of
from shared.domain.checkpoints import HeadMark
from shared.domain.head import Head
from shared.domain.journal import Entry, Proven


class Journals(Protocol):
    """The journals that the table holds."""

    def head(self, workspace_id: str, account_id: str) -> Head | None:
        """An account's head."""

    def readable_entries(
        self, workspace_id: str, account_id: str, first: int
    ) -> Iterator[Entry | None]:
        """The journal from an entry on; None, and no more, for one that cannot be read."""


@dataclass(slots=True)
class Proof:
    """What was proved of a workspace, and every disagreement in words."""

    accounts: int = 0
    archived_entries: int = 0
    entries: int = 0
    files: int = 0
    checkpoints: int = 0
    problems: list[str] = field(default_factory=list)


def prove(
    files: Files,
    workspace_id: str,
    zone: ZoneInfo,
    journals: Journals | None,
    marks: Mapping[str, Sequence[HeadMark]],
) -> Proof:
    """Prove a workspace's archive. Without `journals` from the files alone.

    `marks` are what checkpoints say of accounts' journals. Memory holds a file of each month, and a figure
    for each day.
    """
    proof = Proof()
    months = list(units_of(files, JOURNAL, workspace_id))
    days = list(units_of(files, USAGE_LOGS, workspace_id))
    for unit in months:
        _check_files(files, unit, ENTRIES, proof)
    for unit in days:
        _check_files(files, unit, LOGS, proof)
    if proof.problems:
        return proof
    debited: dict[str, int] = {}
    seen = set[str]()
    entries = merge(*(_entries(files, unit) for unit in months), key=_place)
    for account_id, archived in groupby(entries, key=lambda entry: entry.account_id):
        seen.add(account_id)
        expected = {mark.seq: mark.hash for mark in marks.get(account_id, ())}
        proven = _chain(archived, expected, proof, account_id, debited, zone)
        if proven is not None and journals is not None:
            _onwards(journals, workspace_id, account_id, proven, expected, proof)
        elif proven is not None:
            _unmet(expected, proven.seq, proof, account_id)
    # Those of whom no month is archived yet.
    for account_id in sorted(marks.keys() - seen):
        if journals is not None:
            proof.accounts += 1
            expected = {mark.seq: mark.hash for mark in marks[account_id]}
            _onwards(journals, workspace_id, account_id, Proven(), expected, proof)
    _match_days({unit.unit.period for unit in months}, days, debited, proof)
    return proof


def _match_days(
    months: set[str], days: Sequence[Archive], debited: Mapping[str, int], proof: Proof
) -> None:
    """Days of months whose journal is there: their logs cost what the journal says."""
    costs = {unit.unit.period: unit.sums["credits"] for unit in days}
    for day in sorted(costs.keys() | debited.keys()):
        cost, debit = costs.get(day, 0), debited.get(day, 0)
        if month_of(day) in months and cost != debit:
            proof.problems.append(f"{day}: logs cost {cost} credits, the journal has {debit}")


def _place(entry: Entry) -> tuple[str, int]:
    return entry.account_id, entry.seq


def _entries(files: Files, unit: Archive) -> Iterator[Entry]:
    for part in unit.parts:
        for entries in read_part(files, unit, part, ENTRIES):
            yield from entries


def _check_files(files: Files, unit: Archive, layout: Layout[R], proof: Proof) -> None:
    """Every file is the one that the manifest names, and there is no other."""
    known = {unit.unit.manifest_key, *map(unit.key_of, unit.parts)}
    stray = sorted(set(files.keys(unit.unit.folder)) - known)
    proof.problems += [f"{key}: no manifest names it" for key in stray]
    for part in unit.parts:
        rows, sums = 0, Sums()
        try:
            for batch in read_part(files, unit, part, layout):
                rows += len(batch)
                sums = total([sums, *map(layout.sums_of, batch)])
        except (DamagedError, ValueError) as error:
            proof.problems.append(str(error))
            continue
        proof.files += 1
        if rows != part.rows or not agree(part.sums, sums):
            proof.problems.append(f"{unit.key_of(part)}: its rows are not what the manifest says")


def _chain(
    archived: Iterator[Entry],
    expected: dict[int, bytes],
    proof: Proof,
    account_id: str,
    debited: dict[str, int],
    zone: ZoneInfo,
) -> Proven | None:
    """The state that an account's archived entries prove; None where they do not follow."""
    proof.accounts += 1
    proven = Proven()
    for entry in archived:
        following = proven.after(entry)
        if following is None:
            proof.problems.append(f"{account_id}: archived entry {proven.seq + 1} does not prove")
            return None
        proven = following
        proof.archived_entries += 1
        _meet(expected, proven, proof, account_id)
        if entry.reason == "usage":
            day = local_day(entry.created_ms, zone)
            debited[day] = debited.get(day, 0) + entry.amount
    return proven


def _onwards(
    journals: Journals,
    workspace_id: str,
    account_id: str,
    proven: Proven,
    expected: dict[int, bytes],
    proof: Proof,
) -> None:
    """Go on from the table, up to the account's head."""
    head = journals.head(workspace_id, account_id)
    for entry in journals.readable_entries(workspace_id, account_id, proven.seq + 1):
        following = proven.after(entry)
        if following is None:
            proof.problems.append(f"{account_id}: entry {proven.seq + 1} does not prove")
            return
        proven = following
        proof.entries += 1
        _meet(expected, proven, proof, account_id)
    if head is None or proven.seq < head.seq:
        proof.problems.append(f"{account_id}: the head is not where the journal ends")
    elif proven.seq == head.seq and (head.hash, head.balance) != (proven.hash, proven.balance):
        proof.problems.append(f"{account_id}: the head is not what the journal proves")
    _unmet(expected, proven.seq, proof, account_id)
    if expected and max(expected) > proven.seq:
        proof.problems.append(
            f"{account_id}: a checkpoint has entry {max(expected)}, the journal ends at {proven.seq}"
        )


def _meet(expected: dict[int, bytes], proven: Proven, proof: Proof, account_id: str) -> None:
    hash_ = expected.pop(proven.seq, proven.hash)
    if hash_ != proven.hash:
        proof.problems.append(f"{account_id}: entry {proven.seq} is not the one of its checkpoint")


def _unmet(expected: dict[int, bytes], seq: int, proof: Proof, account_id: str) -> None:
    """Checkpoints within what was proved have been met; what is beyond it is another matter."""
    proof.problems += [
        f"{account_id}: a checkpoint has entry {missing}, the journal has not"
        for missing in expected
        if missing <= seq
    ]
