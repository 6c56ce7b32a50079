"""What a fault put into the product on purpose is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: in `file`, each `old` text becomes its `new` one, wherever it stands. `seed` shows it."""

    name: str
    invariant: str
    file: str
    changes: tuple[tuple[str, str], ...]
    seed: int
