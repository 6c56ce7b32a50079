"""Faults of what goes on around the books: limits, alerts, repricings, exports, the archive."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutant import Mutant

OF_WORK: Final = (
    Mutant(
        "where little is left of a budget, nobody looks who else counted",
        "5 never overdrawn",
        "shared/store/budgets.py",
        (
            (
                "        if period in scarce:\n            writes +=",
                "        if False:\n            writes +=",
            ),
            ("condition=unseen[shard] if period in scarce else None", "condition=None"),
        ),
        48,
    ),
    Mutant(
        "a repricing posts the difference from what was recorded, not from what counts",
        "4 one truth",
        "shared/domain/repricing.py",
        (
            (
                "self.priced.credits - self.log.current.credits",
                "self.priced.credits - self.log.credits",
            ),
        ),
        39,
    ),
    Mutant(
        "a repricing tells of one log what it made of another",
        "4 one truth",
        "shared/store/adjusting.py",
        (("beside = change.posted(", "beside = changes[0].posted("),),
        6,
    ),
    Mutant(
        "a repricing posts, and does not count it in the same transaction",
        "2 once",
        "shared/store/adjusting.py",
        (("others=(self._adding(posted),)", "others=()"),),
        6,
    ),
    Mutant(
        "logs get their time to go before their day is verified",
        "7 nothing lost",
        "functions/archive/writing.py",
        (
            (
                "(step for step in found if step.rows)",
                "(s for s in found if s.rows and not self._marks.let_go(s.rows, archive.retention_days))",
            ),
        ),
        6,
    ),
    Mutant(
        "logs go thirty days too soon",
        "7 nothing lost",
        "shared/domain/archive.py",
        (("(retention_days + KEPT_DAYS) * MS_PER_DAY", "retention_days * MS_PER_DAY"),),
        6,
    ),
    Mutant(
        "the archive passes over days that failed",
        "7 nothing lost",
        "functions/archive/planning.py",
        (
            (
                "first_open = [*open_days, add_days([progress.through, *days][-1], 1)][0]",
                "first_open = add_days([progress.through, *days][-1], 1)",
            ),
        ),
        94,
    ),
    Mutant(
        "an alert is taken for sent although the topic did not answer",
        "7 nothing lost",
        "functions/alerts/delivery.py",
        (('if outcome == "published":', "if outcome:"),),
        1,
    ),
    Mutant(
        "a manifest tells of an export's last rows only",
        "4 one truth",
        "functions/export/writing.py",
        (("totals=added(self.export.totals, batch.totals)", "totals=batch.totals"),),
        1,
    ),
)
