"""What was seen to happen in worlds: faults and features are counted, so none is there in name only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.domain.calendar import local_day_hour, month_of
from shared.domain.workspace import Workspace
from shared.store.table import number
from tests.fakes.stream import ItemChange

SIGHTS: Final[dict[str, str]] = {
    # the table
    "conflict": "a write met another transaction",
    "throttled": "a call was throttled",
    "call lost": "a call got lost on the way there",
    "outage": "most calls of a while got lost",
    "answer lost": "an answer got lost on the way back",
    "short reasons": "a cancelled transaction told its first reason only",
    "death": "a process died between two calls",
    # the stream
    "batch cut": "a batch ended before the shard did",
    "batch again": "records were brought once more",
    "out of order": "records of different items changed places",
    "twin": "two consumers had the same batch at once",
    "halves": "a failed batch came again in halves",
    "late shard": "a shard was not read for a while",
    "record spoilt": "an entry arrived that cannot be decoded",
    "record lost": "an entry never arrived",
    "hole filled": "entries were read from the journal",
    "parked": "an account was set aside",
    "re-driven": "an account that was set aside was taken up again while others wrote",
    "last records lost": "only the nightly check found the end of a journal",
    "wide": "an entry went into shared cells in parts",
    "part gone on with": "a cursor was read that stood between the parts of an entry",
    "wide and late": "an entry in parts came from a shard that was late",
    # clients
    "race lost": "a commit met a head that had moved",
    "repeat": "a log was told again",
    "repeat of a movement": "a transaction was told again",
    "repeat without credits": "a log was told again whose price is no longer there",
    "conflicting body": "another body under the same id was refused",
    "too old": "a log was refused for its age",
    "in the future": "a log was refused for its date",
    "ahead": "a log was dated ahead of its commit",
    "no credits": "a log was refused for lack of credits",
    "spent and bought": "usage and a purchase of one account were under way at once",
    "refund": "usage was refunded",
    # time
    "midnight": "an account went on after midnight",
    "new month": "an account went on in another month",
    "clocks changed": "an account went on across a change of the clocks",
    # limits and alerts
    "limit reached": "a blocking limit refused a row",
    "budget reached": "a budget of the workspace refused a row",
    "budget scarce": "a commit checked that nobody else had counted on the budget",
    "limit raised": "a limit was raised while logs came",
    "threshold made": "a threshold was made while logs came",
    "threshold deleted": "a threshold was deleted while logs came",
    "alert": "a line fired",
    "alert under another revision": "a line fired again after its limit had changed",
    "alert on a balance": "a balance sank under its floor",
    "test alert": "a test alert was told",
    "topic silent": "the topic did not answer",
    "alert told by a sweep": "a sweep told what stayed",
    # exports
    "export": "an export was made while logs came",
    "export of transactions": "a journal was exported while it grew",
    "export by a job": "a job made an export",
    "row came during an export": "a log of after the start is in an export",
    # repricing
    "repriced": "an adjustment was posted",
    "repricing repeated": "a repricing died and was gone on with",
    "recorded during a repricing": "a log was recorded while a repricing ran",
    # erasure
    "erased": "a user was erased",
    "user came back": "an erased user's id went on with another account",
    "repeat after an erasure": "a repeat was refused because nobody can tell any more",
    # the archive and the proofs
    "archived": "a log was written to the archive",
    "journal archived": "an entry was written to the archive",
    "file spoilt": "the bucket kept a part of a file",
    "expired": "the table dropped a log",
    "drift found": "a proof found figures that were changed on purpose",
    "rebuilt": "a rebuild of the cells put them right",
    # rebuilds
    "rebuild begun": "cells were made anew while others wrote",
    "folded in parts of the time": "one call of the folding did not fold everything",
    "flipped": "new cells were read from then on, while others wrote",
    # lost work
    "left": "who asked for long work died, and nobody asked again",
    "message lost": "a message got lost on its way to the queue, or in it",
    "held up": "a worker stood still for minutes",
    "looked meanwhile": "a look for lost work passed by workers that are at it",
    "picked up": "lost work was sent on its way",
    "given up": "lost work was told to have failed",
    # jobs
    "message again": "a message of a queue came again",
    "dead letter": "a message had to be put back by hand",
}
"""Everything that has to occur in the worlds that are lived through in every run of the tests."""


class Sights:
    """How often each was seen."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def saw(self, name: str, times: int = 1) -> None:
        """Count one, some times (maybe none)."""
        assert name in SIGHTS, name
        if times:
            self.counts[name] += times

    def look_at(self, changes: Iterable[ItemChange], workspaces: Mapping[str, Workspace]) -> None:
        """What the history of a table shows."""
        journals: dict[str, list[int]] = {}
        gone: set[tuple[str, object]] = set()
        fired: dict[tuple[object, ...], int] = {}
        for change in changes:
            pk, sk = change.key
            new, old = change.new or {}, change.old or {}
            if sk.startswith("J#") and not old:
                journals.setdefault(pk, []).append(number(new, "ca"))
                self.saw("repriced", new["rs"] == "adjustment" and "dg" in new)
                self.saw("refund", new["rs"] == "refund")
            elif sk.startswith("PARKED#"):
                self.saw("parked", not old)
            elif sk.startswith("CURSOR#") and new:
                self.saw("wide", new["part"] != 0)
            elif "#DIR#" in pk:
                workspace_id = pk.split("#")[1]
                if "er" in new and "uid" in old:
                    gone.add((workspace_id, old["uid"]))
                    self.saw("erased")
                self.saw("user came back", not old and (workspace_id, new.get("uid")) in gone)
            elif pk.endswith("#ALERTS") and not old and "tt" not in new:
                line = new["th"], new.get("ac"), new["pe"], new.get("pc"), new.get("mk")
                fired[line] = fired.get(line, 0) + 1
                self.saw("alert on a balance" if "mk" in new else "alert")
                self.saw("alert under another revision", fired[line] > 1)
        for pk, times in journals.items():
            self._times(workspaces[pk.split("#")[1]], times[0], times[-1])
        self.saw("wide and late", min(self.counts["wide"], self.counts["late shard"]))

    def _times(self, workspace: Workspace, first_ms: int, last_ms: int) -> None:
        first, last = (local_day_hour(ms, workspace.zone)[0] for ms in (first_ms, last_ms))
        self.saw("midnight", first != last)
        self.saw("new month", month_of(first) != month_of(last))
        offsets = {_offset(workspace, ms) for ms in (first_ms, last_ms)}
        self.saw("clocks changed", len(offsets) > 1)


def _offset(workspace: Workspace, at_ms: int) -> timedelta | None:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(workspace.zone).utcoffset()


def table_of(counts: Counter[str], worlds: Counter[str]) -> str:
    """A line for each: how often, in how many worlds, what it is."""
    return "\n".join(
        f"{counts[name]:>8} {worlds[name]:>5}  {name}: {what}" for name, what in SIGHTS.items()
    )
