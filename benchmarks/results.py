"""What a benchmark found: a ratio to a baseline of the same run, and whether that is good enough."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. `value` and `baseline` are in `unit`; `ratio` is the one to the other.

    `goal` bounds the ratio where there is one, else the value: from above, or from below (`at_least`).
    """

    name: str
    value: float
    unit: str
    baseline: float | None
    goal: float
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times the baseline."""
        return None if self.baseline is None else self.value / self.baseline

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        figure = self.value if self.ratio is None else self.ratio
        return figure >= self.goal if self.at_least else figure <= self.goal


def table(results: Sequence[Result]) -> str:
    """The results as text, one a line."""
    lines = [f"{'benchmark':<72}{'value':>12}{'baseline':>12}{'ratio':>8}{'goal':>11}  met"]
    for result in results:
        baseline = "" if result.baseline is None else f"{result.baseline:.2f}"
        ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
        goal = f"{'≥' if result.at_least else '≤'} {result.goal:.2f}"
        lines.append(
            f"{result.name + ' (' + result.unit + ')':<72}{result.value:>12.2f}{baseline:>12}"
            f"{ratio:>8}{goal:>11}  {'yes' if result.met else 'NO'}"
        )
    return "\n".join(lines)


def save(results: Sequence[Result], file: Path) -> None:
    """Write the results for scripts."""
    rows = [asdict(result) | {"ratio": result.ratio, "met": result.met} for result in results]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"results": rows}, indent=2) + "\n")
