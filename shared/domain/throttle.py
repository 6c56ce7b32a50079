"""How many requests somebody may make in any sixty seconds, counted together by many instances.

Time is cut into slots of three seconds. Everybody's counter holds how many requests were let through in
each slot. An instance takes permits for the slot it is in before it uses them, as many as it needed
lately, and gives back what it did not use; so whatever lies in the window of twenty-one slots (the one
now and the twenty before, more than a minute) is never over the limit, however many instances there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SLOT_MS: Final = 3_000
"""Shorter ones mean more writes, longer ones a caller who is kept waiting longer after a minute."""

SLOTS: Final = 20
"""Of a minute."""

SHARES: Final = 32
"""No instance takes more at once than this part of what is left: towards the end they take singles."""


def slot_of(at_ms: int) -> int:
    """The slot of a moment."""
    return at_ms // SLOT_MS


def slot_ms(slot: int) -> int:
    """When a slot begins."""
    return slot * SLOT_MS


def in_window(slot: int, now: int) -> bool:
    """Whether a slot counts while slot `now` lasts. One in the future does: clocks differ."""
    return slot >= now - SLOTS


@dataclass(slots=True)
class Share:
    """What one instance knows of one caller, and the permits it holds.

    `left` permits may be used in `slot`; `used` were, `used_before` in the slot before; `owed` are to be
    given back by slot. `remaining` is what nobody had taken at the last look, `frees_ms` when the oldest
    permits come back; until `closed_until_ms` there is no point in asking. `blind` permits are of no
    counter.
    """

    limit: int
    slot: int = -1
    left: int = 0
    used: int = 0
    used_before: int = 0
    owed: dict[int, int] = field(default_factory=dict)
    remaining: int = 0
    frees_ms: int = 0
    closed_until_ms: int = 0
    blind: bool = False

    def __post_init__(self) -> None:
        self.remaining = self.limit

    def enter(self, now_ms: int) -> None:
        """Come to a moment: permits of another slot are to be given back."""
        slot = slot_of(now_ms)
        if slot == self.slot:
            return
        if self.left and not self.blind:
            self.owed[self.slot] = self.owed.get(self.slot, 0) + self.left
        self.used_before = self.used if self.slot == slot - 1 else 0
        self.slot, self.left, self.used, self.blind = slot, 0, 0, False

    def use(self) -> bool:
        """Use a permit; False when there is none."""
        if not self.left:
            return False
        self.left -= 1
        self.used += 1
        return True

    def asks(self) -> dict[int, int]:
        """What to add to the counter, by slot: permits for this one, less those owed."""
        wanted = max(self.used, self.used_before, 1)
        block = max(1, min(wanted, self.remaining // SHARES))
        changes = {slot: -owed for slot, owed in self.owed.items() if in_window(slot, self.slot)}
        changes[self.slot] = changes.get(self.slot, 0) + block
        self.owed.clear()
        self.left = block
        return changes

    def learns(self, counts: Mapping[int, int]) -> int:
        """Take in the counter as it stood right after; how many permits were too many and go back."""
        window = {s: n for s, n in counts.items() if n > 0 and in_window(s, self.slot)}
        total = sum(window.values())
        over = min(self.left, max(0, total - self.limit))
        self.left -= over
        self.remaining = max(0, self.limit - total)
        self.frees_ms = slot_ms(min(window, default=self.slot) + SLOTS + 1)
        if not self.left:
            # Others give back what they do not use when a slot ends: worth another look then.
            self.closed_until_ms = slot_ms(self.slot + 1)
        return over

    def goes_blind(self) -> None:
        """The counter cannot be reached: in this slot, this instance lets through its part of a minute."""
        self.blind = True
        self.left = -(-self.limit // SLOTS)
        self.frees_ms = self.closed_until_ms = slot_ms(self.slot + 1)
