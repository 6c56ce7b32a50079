"""Rate limits that hold across all instances, and what an answer says of them.

The fields are those of draft-ietf-httpapi-ratelimit-headers-06, the last to have one for each figure
and the ones that clients read: later drafts put them into a single structured field.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.domain.errors import RateLimitedError, UnavailableError
from shared.domain.throttle import Share
from shared.http.messages import Identity
from shared.ports.rate_counters import RateCounter, RateCounters
from shared.ports.runtime import Clock
from shared.routes import ADMIN, OPERATOR, ROLES, SERVICE, USER

SHARES_REMEMBERED: Final = 2_000
"""Callers (or addresses) that one instance keeps apart: some hundred bytes each."""


def _defaults() -> dict[str, int]:
    return {SERVICE: 60_000, ADMIN: 3_000, OPERATOR: 3_000, USER: 600}


@dataclass(frozen=True, slots=True)
class RateSettings:
    """Requests in sixty seconds by role, and bad credentials from one address."""

    per_minute: Mapping[str, int] = field(default_factory=_defaults)
    bad_per_minute: int = 120

    @classmethod
    def read(cls, text: str) -> RateSettings:
        """The settings of a text like `service=60000 user=600 bad=60`; what it leaves out is as by default.

        Raises:
            ValueError: it names something else, or no whole number above 0.
        """
        given = {name: int(value) for name, _, value in (p.partition("=") for p in text.split())}
        if min(given.values(), default=1) < 1 or not given.keys() <= {*ROLES, "bad"}:
            raise ValueError(f"not the rates of roles: {text!r}")
        bad = given.pop("bad", cls().bad_per_minute)
        return cls(_defaults() | given, bad)

    def limit_of(self, identity: Identity) -> int:
        """The limit of a caller: a key may have a lower one than its role."""
        limit = self.per_minute[identity.role]
        return limit if identity.rate_per_minute is None else min(limit, identity.rate_per_minute)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit: `remaining` as far as this instance knows, more in `reset_seconds`."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> dict[str, str]:
        """The fields of an answer."""
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset_seconds),
        }


class Rates:
    """Lets requests through, or not. For one instance, which answers one request at a time."""

    def __init__(self, counters: RateCounters, clock: Clock) -> None:
        self._counters = counters
        self._clock = clock
        self._shares: OrderedDict[RateCounter, Share] = OrderedDict()

    def take(self, counter: RateCounter, limit: int) -> Allowance:
        """One request.

        Raises:
            RateLimitedError: it is one too many.
        """
        now_ms = self._clock.now_ms()
        share = self._share(counter, limit)
        share.enter(now_ms)
        if not share.use():
            if now_ms < share.closed_until_ms:
                raise _limited(share, now_ms)
            self._ask(counter, share)
            if not share.use():
                raise _limited(share, now_ms)
        return Allowance(limit, share.remaining + share.left, _seconds(share.frees_ms - now_ms))

    def closed(self, counter: RateCounter) -> RateLimitedError | None:
        """What whoever asks now would be told, if this instance knows that there is nothing left."""
        now_ms = self._clock.now_ms()
        share = self._shares.get(counter)
        if share is None or share.left or now_ms >= share.closed_until_ms:
            return None
        return _limited(share, now_ms)

    def _share(self, counter: RateCounter, limit: int) -> Share:
        share = self._shares.pop(counter, None)
        if share is None or share.limit != limit:
            share = Share(limit)
        self._shares[counter] = share
        if len(self._shares) > SHARES_REMEMBERED:
            self._shares.popitem(last=False)
        return share

    def _ask(self, counter: RateCounter, share: Share) -> None:
        try:
            over = share.learns(self._counters.add(counter, share.asks()))
        except UnavailableError:
            share.goes_blind()
            return
        if over:
            self._give_back(counter, share.slot, over)

    def _give_back(self, counter: RateCounter, slot: int, permits: int) -> None:
        """At once: what many refused instances held for a while could be all there is."""
        try:
            self._counters.add(counter, {slot: -permits})
        except UnavailableError:
            return  # They count as used until their slot is out of the window.


def _limited(share: Share, now_ms: int) -> RateLimitedError:
    seconds = _seconds(share.frees_ms - now_ms)
    return RateLimitedError(
        f"At most {share.limit} requests are let through in sixty seconds.", share.limit, seconds
    )


def _seconds(ms: int) -> int:
    return max(1, -(-ms // 1000))
