"""What waits for a price (PRI-4)."""

from __future__ import annotations

from shared.domain.calendar import hour_start_ms, zone_of
from shared.domain.cells import UNPRICED, CellKey, Delta, HourSums
from shared.domain.sums import Sums
from shared.domain.unpriced import MAX_SHOWN, Unpriced, unpriced_models

KATHMANDU = zone_of("Asia/Kathmandu")


def cell(day: str, value: str, **hours: int) -> tuple[CellKey, Delta]:
    by_hour = {int(hour[1:]): HourSums(count, 0, 0) for hour, count in hours.items()}
    delta = Delta(Sums(unpriced=sum(hours.values())), by_hour)
    return CellKey(UNPRICED, day, value), delta


def test_models_are_listed_with_their_logs_and_the_last_hour_they_were_seen_in() -> None:
    cells = dict(
        [
            cell("2026-11-18", "chat|a|m", h23=2),
            cell("2026-11-19", "chat|b|m", h1=1, h7=3, h9=0),
            cell("2026-11-19", "bot|bot|", h0=9),
        ]
    )
    assert unpriced_models(cells, KATHMANDU) == [
        Unpriced("bot", None, 9, hour_start_ms("2026-11-19", 0, KATHMANDU)),
        Unpriced("chat", "m", 6, hour_start_ms("2026-11-19", 7, KATHMANDU)),
    ]


def test_what_was_priced_since_is_not_listed() -> None:
    """A repricing takes back what it priced, each log in its own hour."""
    cells = dict([cell("2026-11-18", "chat|a|m", h3=0), cell("2026-11-19", "chat|a|m", h5=0, h4=1)])
    assert unpriced_models(cells, KATHMANDU) == [
        Unpriced("chat", "m", 1, hour_start_ms("2026-11-19", 4, KATHMANDU))
    ]


def test_the_list_is_bounded() -> None:
    cells = dict(cell("2026-11-18", f"chat|a|m{n}", h3=n + 1) for n in range(MAX_SHOWN + 5))
    shown = unpriced_models(cells, KATHMANDU)
    assert [row.logs for row in shown] == list(range(MAX_SHOWN + 5, 5, -1))
