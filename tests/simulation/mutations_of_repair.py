"""Faults of what mends: the look for lost work, and cells made anew."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutant import Mutant

OF_REPAIR: Final = (
    Mutant(
        "the look for lost work forgets erasures",
        "7 nothing lost",
        "shared/store/under_way.py",
        (
            (
                "            yield _job_from(item)",
                '            if (job := _job_from(item)).kind != "erasure":\n                yield job',
            ),
        ),
        29,
    ),
    Mutant(
        "the look forgets repricings whose workers all died",
        "7 nothing lost",
        "shared/domain/jobs.py",
        (('return "fail" if silence_ms >= GIVEN_UP_MS else "wait"', 'return "wait"'),),
        7,
    ),
    Mutant(
        "the look takes work from workers who stood still for minutes",
        "2 once",
        "shared/domain/jobs.py",
        (
            ("SILENCE_MS: Final = 20 * MS_PER_MINUTE", "SILENCE_MS: Final = 5 * MS_PER_MINUTE"),
            ("GIVEN_UP_MS: Final = MS_PER_HOUR", "GIVEN_UP_MS: Final = 5 * MS_PER_MINUTE"),
        ),
        4,
    ),
    Mutant(
        "of two looks both send the same work on its way",
        "2 once",
        "shared/store/under_way.py",
        (
            (
                'AllOf((Equal("st", RUNNING), Equal("ua", job.updated_ms)))',
                'AllOf((Equal("st", RUNNING),))',
            ),
        ),
        4,
    ),
    Mutant(
        "work is sent on its way, and then written down as such",
        "2 once",
        "functions/reconcile/picking_up.py",
        (
            (
                'if step == "send" and self._under_way.sent_again(job, now_ms):',
                'if step == "send":',
            ),
            ("found.sent += 1", "found.sent += self._under_way.sent_again(job, now_ms)"),
        ),
        4,
    ),
    Mutant(
        "new cells are read before they are filled and caught up",
        "4 one truth",
        "shared/reconcile/rebuild.py",
        (
            (
                "rebuilt.accounts, rebuilt.filled = self._fill(workspace_id, generation)",
                "rebuilt.accounts = 0",
            ),
            (
                "            self._catch_up(workspace_id, generation)\n            self._generations.flip",
                "            self._generations.flip",
            ),
        ),
        49,
    ),
    Mutant(
        "who fills new cells counts what the stream counted meanwhile once more",
        "4 one truth",
        "shared/store/cell_writer.py",
        (
            (
                "_cursor_at(move.start))",
                "_cursor_at(move.start) if place.generation == 1 else None)",
            ),
        ),
        24,
    ),
    Mutant(
        "cells that are read are fed before those that may be read any moment",
        "4 one truth",
        "functions/aggregate/service.py",
        (
            (
                "filling = [run for run in runs if run.place.generation == run.feed.filling]",
                "filling = [run for run in runs if run.place.generation != run.feed.filling]",
            ),
            (
                "            if run.place.generation != run.feed.filling\n            and",
                "            if run.place.generation == run.feed.filling\n            and",
            ),
        ),
        84,
    ),
    Mutant(
        "who folds forgets the cells that are being filled",
        "4 one truth",
        "functions/aggregate/service.py",
        (("return (shown, filling) if filling else (shown,)", "return (shown,)"),),
        22,
    ),
    Mutant(
        "nobody who remembers figures is told that others are read",
        "4 one truth",
        "shared/store/generations.py",
        (("[update, bumped(workspace_id, now_ms)]", "[update]"),),
        22,
    ),
    Mutant(
        "old cells are cleared away although somebody may be reading them",
        "4 one truth",
        "shared/domain/workspace.py",
        (("RETIRED_FOR_MS: Final = 20 * 60_000", "RETIRED_FOR_MS: Final = 0"),),
        22,
    ),
    Mutant(
        "alerts watch no totals while cells are made anew",
        "7 nothing lost",
        "functions/alerts/service.py",
        (
            (
                "for moment in change.moments:",
                "for moment in () if change.step is None and workspace.filling else change.moments:",
            ),
        ),
        24,
    ),
)
