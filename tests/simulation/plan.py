"""Which features a world has: each seed some, so that worlds stay small and all of them come by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from shared.domain.workspace import Workspace
from tests.factories import a_workspace

STRICT: Final = "north"
LOOSE: Final = "south"
"""Two workspaces: one enforces balances; they are in different time zones."""

FEATURES: Final = (
    "limits",
    "thresholds",
    "wide",
    "exports",
    "repricing",
    "erasure",
    "archive",
    "damage",
)
"""In turn, one to each seed; the others come along now and then."""

OTHERS: Final = 0.15

ALONGSIDE: Final = 0.12
"""How often a world has each of what comes along with any of them: a rebuild of cells, and lost work."""

LONG_WORK: Final = ("exports", "repricing", "erasure")

BOUNDARIES: Final = (
    "2026-11-20T09:30:00",
    "2026-11-19T23:00:00",  # midnight in Berlin
    "2026-11-30T23:00:00",  # a month's end in Berlin
    "2026-11-20T18:15:00",  # midnight in Kathmandu
    "2026-11-30T18:15:00",  # a month's end in Kathmandu
    "2026-03-29T01:00:00",  # Berlin's clocks go forward
    "2026-10-25T01:00:00",  # and back
)


EARLY_MS: Final = 10_000
"""A world begins so long before its boundary, or less."""


@dataclass(frozen=True)
class Plan:
    """What a world has, and when it begins."""

    features: frozenset[str]
    boundary: str
    start_ms: int
    clients: int
    requests: int
    harm: float
    """How often a journal entry gets lost on its way to the folding, or arrives spoilt."""

    storm: float
    """How much oftener than usual calls of the table go wrong."""

    def workspaces(self) -> Mapping[str, Workspace]:
        """The two workspaces. Where prices change, usage is charged by its tokens."""
        settings: dict[str, Any] = {"created_ms": self.start_ms}
        if "repricing" in self.features:
            settings["pricing_mode"] = "tokens"
        strict = a_workspace(
            workspace_id=STRICT, secret=b"n" * 32, timezone="Europe/Berlin", **settings
        )
        loose = a_workspace(
            workspace_id=LOOSE,
            secret=b"s" * 32,
            timezone="Asia/Kathmandu",
            enforce_credits=False,
            **settings,
        )
        return {STRICT: strict, LOOSE: loose}


def plan_of(seed: int, random: Random) -> Plan:
    """A seed's world."""
    boundary = random.choice(BOUNDARIES)
    begun = datetime.fromisoformat(boundary).replace(tzinfo=UTC)
    drawn = {feature for feature in FEATURES if random.random() < OTHERS}
    drawn |= _alongside(seed)
    return Plan(
        frozenset(drawn | {FEATURES[seed % len(FEATURES)]}),
        boundary,
        round(begun.timestamp() * 1000) - random.randrange(EARLY_MS),
        clients=random.randint(2, 4),
        requests=random.randint(5, 9),
        harm=random.choice((0.0, 0.01, 0.1)),
        storm=random.choice((0.3, 1.0, 1.0, 4.0)),
    )


def _alongside(seed: int) -> set[str]:
    """What comes along with a world, drawn apart from everything else that happens in it."""
    luck = Random(f"alongside {seed}")  # noqa: S311 - nothing secret
    found = {feature for feature in ("lost", "rebuild") if luck.random() < ALONGSIDE}
    return found | {luck.choice(LONG_WORK)} if "lost" in found else found
