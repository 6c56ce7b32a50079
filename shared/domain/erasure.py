"""The erasure of a user: who somebody was and what was noted of them goes, the books stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ErasureStatus = Literal["running", "done"]


@dataclass(frozen=True, slots=True)
class Erasure:
    """The erasure of the user who was behind an account.

    From `at_ms` on nothing leads from the user's id to the account or back. `done_seq` is the last journal
    entry whose texts, and those of its logs, are gone, `archived_day` the last day of the archive without.
    """

    workspace_id: str
    account_id: str
    erasure_id: str
    at_ms: int
    status: ErasureStatus = "running"
    done_seq: int = 0
    archived_day: str = ""
