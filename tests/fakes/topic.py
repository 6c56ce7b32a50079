"""A mail topic in memory: subscriptions that wait for their address to agree, and can disappear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.domain.errors import UnavailableError
from shared.domain.subscriber import Subscription


@dataclass
class _Kept:
    address: str
    confirmed: bool = False
    workspace_ids: tuple[str, ...] = ()


class FakeTopic:
    """Subscriptions of a topic. `before` runs ahead of each call: it may raise, or act for others."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._numbered = 0
        self.mails: list[str] = []
        """Addresses that were asked to confirm, in order."""
        self.before: Callable[[str], object] = lambda verb: None

    def subscribe(self, address: str) -> str:
        """Subscribe an address that gets nothing yet."""
        self.before("subscribe")
        for arn, kept in self._kept.items():
            if kept.address == address:
                return arn
        self._numbered += 1
        arn = f"arn:{self._numbered}"
        self._kept[arn] = _Kept(address)
        self.mails.append(address)
        return arn

    def state(self, arn: str) -> Subscription | None:
        """A subscription as it stands."""
        self.before("state")
        kept = self._kept.get(arn)
        return None if kept is None else Subscription(kept.confirmed, kept.workspace_ids)

    def show(self, arn: str, workspace_ids: Sequence[str]) -> bool:
        """Let the alerts of these workspaces through."""
        self.before("show")
        kept = self._kept.get(arn)
        if kept is not None:
            kept.workspace_ids = tuple(sorted(workspace_ids))
        return kept is not None

    def unsubscribe(self, arn: str) -> None:
        """End a confirmed subscription; a pending one cannot be."""
        self.before("unsubscribe")
        kept = self._kept.get(arn)
        if kept is not None and not kept.confirmed:
            raise UnavailableError("it is pending")
        self._kept.pop(arn, None)

    def confirm(self, address: str) -> None:
        """Somebody clicks on the link in the mail."""
        self._of(address).confirmed = True

    def lose(self, address: str) -> None:
        """A subscription goes: the reader ended it, or never confirmed it."""
        self._kept = {arn: kept for arn, kept in self._kept.items() if kept.address != address}

    def gets(self, address: str) -> tuple[str, ...]:
        """Whose alerts an address gets (once it has confirmed)."""
        found = [kept for kept in self._kept.values() if kept.address == address]
        return found[0].workspace_ids if found else ()

    def subscribed(self) -> list[str]:
        """All addresses with a subscription."""
        return sorted(kept.address for kept in self._kept.values())

    def _of(self, address: str) -> _Kept:
        (found,) = (kept for kept in self._kept.values() if kept.address == address)
        return found
