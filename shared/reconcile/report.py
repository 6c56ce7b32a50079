"""What a proof came to: how much was looked at, and how far it is from what it has to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from shared.domain.sketches import Difference

MAX_FINDINGS: Final = 100
"""Findings that are told in full: enough to see what is wrong. All of them are counted."""

COUNTS: Final = (
    "accounts",
    "entries",
    "logs",
    "archived",
    "cells",
    "lines",
    "behind",
    "folded",
    "whole",
    "unanchored",
)
"""The figures of a report that say how much was looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it has to be. `place` names the account, cell, day or entry."""

    what: str
    place: str
    expected: int | str
    found: int | str
    account_id: str | None = None
    size: int = 1

    @classmethod
    def of(cls, side: str, difference: Difference, account_id: str | None = None) -> Finding:
        """A measure that cells (or logs) and journal do not agree on."""
        group = difference.group
        return cls(
            f"{side} {difference.measure}",
            f"{group.family} {group.period}",
            difference.expected,
            difference.found,
            account_id,
            difference.size,
        )


@dataclass(slots=True)
class Report:
    """Figures of a proof. `drift` has, by what is wrong, how far it is off; nothing where all is exact.

    `behind` counts accounts with entries that are not folded and should be, `folded` those of them that
    were folded by the way; `unsettled` names groups of cells that kept changing while they were looked at
    and lie between what the journals said before and after. `archived` logs are not in the table any more.
    `whole` counts the accounts that were proved from their first entry, `unanchored` those of them for which
    there was no checkpoint to be trusted; `doubts` tell what is wrong with checkpoints.
    """

    accounts: int = 0
    entries: int = 0
    logs: int = 0
    archived: int = 0
    cells: int = 0
    lines: int = 0
    behind: int = 0
    folded: int = 0
    whole: int = 0
    unanchored: int = 0
    drift: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All drift in one figure: 0 when everything is exact."""
        return sum(self.drift.values())

    def find(self, findings: Iterable[Finding]) -> None:
        """Count findings in."""
        for finding in findings:
            self.drift[finding.what] = self.drift.get(finding.what, 0) + finding.size
            if len(self.findings) < MAX_FINDINGS:
                self.findings.append(finding)

    def doubt(self, problems: Iterable[str]) -> None:
        """Tell what is wrong with checkpoints, once."""
        self.doubts += [problem for problem in problems if problem not in self.doubts]

    def add(self, other: Report) -> None:
        """Add another report."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for what, size in other.drift.items():
            self.drift[what] = self.drift.get(what, 0) + size
        self.findings += other.findings[: MAX_FINDINGS - len(self.findings)]
        self.unsettled += other.unsettled
        self.doubts += other.doubts

    def plain(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Report:
        """The report that `plain` told."""
        found = [Finding(**finding) for finding in plain["findings"]]
        return cls(**{**plain, "findings": found})
