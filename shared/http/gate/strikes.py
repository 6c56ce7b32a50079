"""Bad credentials by the address they come from: floods of them are refused before they cost a look-up.

The address is the one the gateway or our own distribution saw (`address.py`). Behind one address may be
many callers, so an address with too many bad ones is not closed: credentials that an instance knows to be
good pass as ever, those it knows to be bad are refused at once, and a few of the others are looked at in
each slot of time, so that a good one that is new here gets through.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Protocol

from shared.domain.throttle import slot_of
from shared.http.gate.rates import Rates
from shared.ports.rate_counters import RateCounter
from shared.ports.runtime import Clock

IPV6_PREFIX: Final = 64
"""The smallest network a customer gets: its owner has all of its addresses."""

NOWHERE: Final = "unknown"

LOOKS: Final = 20
"""Unknown credentials that an instance looks at in three seconds, from an address with too many bad ones."""

ADDRESSES_REMEMBERED: Final = 2_000


class Strikes(Protocol):
    """Keeps account of bad credentials."""

    def look(self, address: str, *, known_bad: bool) -> None:
        """See whether a credential from an address may be looked at.

        Raises:
            RateLimitedError: too many were bad of late.
        """

    def count(self, address: str) -> None:
        """A bad credential came from an address.

        Raises:
            RateLimitedError: it was one too many.
        """


class SharedStrikes:
    """`Strikes` that all instances count together."""

    def __init__(self, rates: Rates, per_minute: int, clock: Clock) -> None:
        self._rates = rates
        self._per_minute = per_minute
        self._clock = clock
        self._looks: OrderedDict[tuple[str, int], int] = OrderedDict()

    def look(self, address: str, *, known_bad: bool) -> None:
        """See whether a credential from an address may be looked at, by what is known here."""
        counter = _counter(address)
        refusal = self._rates.closed(counter)
        if refusal is None:
            return
        if known_bad:
            raise refusal
        here_and_now = counter.name, slot_of(self._clock.now_ms())
        looks = self._looks.pop(here_and_now, 0) + 1
        self._looks[here_and_now] = looks
        if len(self._looks) > ADDRESSES_REMEMBERED:
            self._looks.popitem(last=False)
        if looks > LOOKS:
            raise refusal

    def count(self, address: str) -> None:
        """A bad credential came from an address."""
        self._rates.take(_counter(address), self._per_minute)


def _counter(address: str) -> RateCounter:
    return RateCounter(None, network_of(address))


def network_of(address: str) -> str:
    """The network that an address stands for: itself, or its /64 of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return NOWHERE
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed), IPV6_PREFIX), strict=False))
    return str(parsed)
