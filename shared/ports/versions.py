"""Versions of what statistics are answered from."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Version(NamedTuple):
    """How far what statistics are answered from has come: the same version, the same answers.

    `number` counts the workspace's changes, `at_ms` is when the last was made; `seq` is the number of the
    account's last entry (0: none, or no account was named).
    """

    number: int
    at_ms: int
    seq: int


class Versions(Protocol):
    """Versions of a workspace's statistics. To read one takes a read unit, whatever it is of."""

    def of(self, workspace_id: str, account_id: str | None) -> Version:
        """The version of the workspace's statistics, or of one account's.

        The workspace's is exact now. An account's may be a moment behind: its entries count as soon as
        they are committed, before they are folded.
        """

    def bump(self, workspace_id: str, at_ms: int) -> None:
        """Count a change that is not a journal entry: settings, prices, customers, thresholds, alerts."""
