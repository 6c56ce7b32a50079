"""Bad credentials by the address they come from: floods of them are refused before they cost a look-up.

The address is the one the gateway saw; what a header says of it is not believed. Behind one address may be
many callers, so credentials that an instance knows to be good pass, and of the others one is looked at
now and then (`shared.domain.throttle`): a good one that is new here gets through sooner or later.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Protocol

from shared.http.rates import Rates
from shared.ports import RateCounter

IPV6_PREFIX: Final = 64
"""The smallest network a customer gets: its owner has all of its addresses."""

NOWHERE: Final = "unknown"


class Strikes(Protocol):
    """Keeps account of bad credentials."""

    def check(self, address: str) -> None:
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

    def __init__(self, rates: Rates, per_minute: int) -> None:
        self._rates = rates
        self._per_minute = per_minute

    def check(self, address: str) -> None:
        """See whether a credential from an address may be looked at, by what this instance knows."""
        self._rates.check(_counter(address))

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
