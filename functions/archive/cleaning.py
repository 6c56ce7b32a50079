"""Takes the texts of users out of a unit whose erasure began while their logs were read."""

from __future__ import annotations

from typing import Protocol

from shared.archive.rewriting import RewriteLogs, without_texts
from shared.archive.units import SupersededError, Units
from shared.domain.archive import USAGE_LOGS, Archive
from shared.domain.workspace import Workspace


class Erased(Protocol):
    """Who was erased."""

    def erased(self, workspace_id: str) -> frozenset[str]:
        """The accounts whose users were, or are being, erased."""


class CleanUnit:
    """Looks at a unit right after it is written.

    An erasure goes through the units that are written once the table is free of the texts. One that did so
    before this unit was written has begun by now, so it is seen here; a later one sees the unit.
    """

    def __init__(self, units: Units, rewrite: RewriteLogs, marks: Erased) -> None:
        self._units = units
        self._rewrite = rewrite
        self._marks = marks

    def __call__(self, workspace: Workspace, archive: Archive) -> Archive:
        """The unit as it is then.

        Raises:
            SupersededError: somebody else has taken it on.
        """
        if archive.unit.kind != USAGE_LOGS:
            return archive
        erased = self._marks.erased(workspace.workspace_id)
        if len(erased) == archive.erased:
            return archive
        self._rewrite(
            workspace,
            archive.unit,
            lambda part: any(part.first <= account_id <= part.last for account_id in erased),
            without_texts(erased),
        )
        found = self._units.get(archive.unit)
        if found is None:
            raise SupersededError
        return found
