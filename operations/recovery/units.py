"""The archive's state in a table that was brought back, held against the files, which may be newer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from shared.archive.files import Files
from shared.archive.manifests import units_of
from shared.domain.archive import JOURNAL, USAGE_LOGS, Kind
from shared.domain.calendar import add_days, previous_month
from shared.store.archives import DynamoArchives

REWRITTEN: Final[tuple[Kind, ...]] = (USAGE_LOGS, JOURNAL)


def judge_again(archives: DynamoArchives, files: Files, workspace_id: str) -> int:
    """Have the archive's function judge units that were rewritten after the backup; how many.

    To be done while nobody writes the table yet. What the table knows nothing of is judged anyway.
    """
    count, progress = 0, archives.progress(workspace_id)
    for kind in REWRITTEN:
        for unit in units_of(files, kind, workspace_id):
            found = archives.get(unit.unit)
            if found is None or not found.readable or found.attempt >= unit.attempt:
                continue
            begun = replace(found, status="writing", parts=(), after=None, stamped=0, updated_ms=0)
            count += archives.save(begun, found)
            if progress is None:
                continue
            if kind == USAGE_LOGS:
                day = min(progress.through, add_days(unit.unit.period, -1))
                progress = replace(progress, through=day)
            else:
                month = min(progress.through_month, previous_month(unit.unit.period))
                progress = replace(progress, through_month=month)
    if count and progress is not None:
        archives.save_progress(workspace_id, progress)
    return count
