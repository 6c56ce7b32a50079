"""How far the proof of a workspace is, and what it has added up: small, however large the workspace.

What entries add up to is the same whatever runs and in whatever parts they are added. So a proof that ended
well is what the next one goes on from: entries up to its cut are in the sums, and only later ones are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final, Self

from shared.domain.sketches import Tallies
from shared.domain.workspace import Workspace
from shared.reconcile.lines import InTime, Periods, merge_periods
from shared.reconcile.report import Report
from shared.reconcile.sources import ArchivedDay

TURNS: Final = 28
"""Nights in which each account is proved from its first entry once."""

MAX_SHORT: Final = 2_000
"""Accounts behind their heads that are kept in mind; with more of them the folding has stopped."""

NO_LOGS: Final = ArchivedDay(0, 0, 0)


def turn_of(account_id: str) -> int:
    """In which of `TURNS` nights an account is proved from its first entry: as many in each."""
    return int.from_bytes(sha256(account_id.encode()).digest()[:8]) % TURNS


@dataclass(slots=True)
class Sums:
    """What entries add to shared cells, to archived days, and to days and months while those last."""

    shared: Tallies
    days: dict[str, ArchivedDay] = field(default_factory=dict)
    periods: Periods = field(default_factory=dict)

    def merge(self, other: Sums) -> None:
        """Add all of another."""
        self.shared.merge(other.shared)
        merge_periods(self.periods, other.periods)
        for day, logs in other.days.items():
            self.count(day, logs)

    def count(self, day: str, logs: ArchivedDay) -> None:
        """Count logs that were committed on a local day."""
        known = self.days.get(day, NO_LOGS)
        self.days[day] = ArchivedDay(*(a + b for a, b in zip(known, logs, strict=True)))

    def from_day(self, days_from: str) -> Sums:
        """The same with the days before one taken together by month."""
        return Sums(self.shared.from_day(days_from), dict(self.days), dict(self.periods))

    def plain(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {"shared": self.shared.plain(), "days": self.days, "periods": self.periods}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The sums that `plain` told."""
        return cls(
            Tallies.of_plain(plain["shared"]),
            {day: ArchivedDay(*figures) for day, figures in plain["days"].items()},
            {period: InTime(*figures) for period, figures in plain["periods"].items()},
        )


@dataclass(slots=True)
class Walk:
    """How far a proof is.

    `sums` are of entries before the cut. Those before `since_ms` were in them when the walk began (None:
    none were). `short` are accounts whose cursor had not reached the cut, with the last entry that is added
    up; `waiting` are those of the run before. `anew` are the sums of the accounts whose turn has come since
    they were begun, from their first entries; this walk has those of turn `turn`.
    """

    workspace_id: str
    generation: int
    cut_ms: int
    sums: Sums
    timezone: str = ""
    after: str | None = None
    short: dict[str, int] = field(default_factory=dict)
    since_ms: int | None = None
    waiting: dict[str, int] = field(default_factory=dict)
    turn: int = 0
    anew: Sums | None = None
    report: Report = field(default_factory=Report)

    def kept(self) -> dict[str, Any] | None:
        """What the next run goes on from: None unless all was right and all that is in the sums is known."""
        if self.report.drift or len(self.short) >= MAX_SHORT:
            return None
        return replace(self, after=None, waiting={}, report=Report()).plain()

    def carries(self, workspace: Workspace, generation: int, cut_ms: int) -> bool:
        """Whether a walk with a cut can go on from this one."""
        return (
            self.timezone == workspace.timezone
            and self.generation == generation
            and self.cut_ms < cut_ms
        )

    def plain(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {
            **self.sums.plain(),
            "workspaceId": self.workspace_id,
            "generation": self.generation,
            "cutMs": self.cut_ms,
            "timezone": self.timezone,
            "after": self.after,
            "short": self.short,
            "sinceMs": self.since_ms,
            "waiting": self.waiting,
            "turn": self.turn,
            "anew": None if self.anew is None else self.anew.plain(),
            "report": self.report.plain(),
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The walk that `plain` told; one of the release before began with the first entries."""
        anew = plain.get("anew")
        return cls(
            plain["workspaceId"],
            plain["generation"],
            plain["cutMs"],
            Sums.of_plain(plain),
            timezone=plain.get("timezone", ""),
            after=plain["after"],
            short=dict(plain["short"]),
            since_ms=plain.get("sinceMs"),
            waiting=dict(plain.get("waiting", {})),
            turn=plain.get("turn", 0),
            anew=None if anew is None else Sums.of_plain(anew),
            report=Report.of_plain(plain["report"]),
        )
