"""Repricings of five users whose workers die, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from functions.repricing import service
from shared.domain.repricing import Repricing, Tally
from tests.fakes.faults import Call, Step
from tests.repricing_shop import Shop, W, rows

MILLI: Final = 1_000_000_000
USERS: Final = ("alice", "bob", "carol", "dave", "eve")
ALL: Final = Tally(15, 5, 0, 15 * MILLI, 15)


class KilledError(BaseException):
    """The worker dies: nothing that handles errors gets to run."""


def stocked(**more: Any) -> Shop:
    """Five users with three unpriced logs each that a price has come for."""
    shop = Shop(enforce_credits=False, **more)
    for user in USERS:
        shop.use(*rows(3, user=user))
    shop.put_price("own", 1_000_000, 0)
    return shop


def later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Repricing:
    """A run that is left to jobs altogether."""
    monkeypatch.setattr(service, "INLINE_SECONDS", -1.0)
    return shop.reprice()


def now(shop: Shop, run: Repricing) -> Repricing:
    """The run as it stands."""
    return shop.repricings.get(W, run.repricing_id)


def posted(shop: Shop, run: Repricing) -> Tally:
    """What stands beside the logs of a run."""
    tally = Tally()
    for user in USERS:
        for log in shop.listed(user):
            if log.repriced is not None and log.repriced.repricing_id == run.repricing_id:
                tally = tally.counted(log.repriced)
    return tally


def nth(verb: str, number: int, step: Step) -> Callable[[Call], Step]:
    """A step at the n-th call of a verb, nothing at any other."""
    seen = 0

    def chaos(call: Call) -> Step:
        nonlocal seen
        seen += call.verb == verb
        return step if call.verb == verb and seen == number else None

    return chaos


def die() -> None:
    """Die."""
    raise KilledError
