"""Logs that no price was found for, by model: what waits for a price and a repricing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.calendar import hour_start_ms
from shared.domain.cells import CellKey, Delta, split_model_value

MAX_SHOWN: Final = 500
"""As many as a workspace can have prices of its own."""


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Logs of a service and model without a price. `last_seen_ms` is the beginning of the hour."""

    service: str
    model: str | None
    logs: int
    last_seen_ms: int


def unpriced_models(cells: Mapping[CellKey, Delta], zone: ZoneInfo) -> list[Unpriced]:
    """Unpriced cells by service and model, most logs first, at most `MAX_SHOWN`.

    Who served the model makes no difference here. What was priced since is no longer counted.
    """
    found: dict[tuple[str, str | None], Unpriced] = {}
    for key, delta in cells.items():
        hours = [hour for hour, figures in delta.hours.items() if figures.requests > 0]
        if not hours:
            continue
        service, _, model = split_model_value(key.value)
        seen = hour_start_ms(key.period, max(hours), zone)
        known = found.get((service, model), Unpriced(service, model, 0, seen))
        found[service, model] = Unpriced(
            service, model, known.logs + delta.sums.unpriced, max(known.last_seen_ms, seen)
        )
    order = sorted(found.values(), key=lambda row: (-row.logs, row.service, row.model or ""))
    return order[:MAX_SHOWN]
