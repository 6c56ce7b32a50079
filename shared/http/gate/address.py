"""Where a request comes from: the address the gateway saw, or the one our own distribution saw.

Behind the distribution the gateway sees the distribution. What a header says of an address is believed
of nobody else: the distribution shows a secret, writes both headers anew whatever the caller
put into them, and anybody can call the gateway directly or through a distribution of their own.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from shared.http.messages import Request

EDGE_HEADER: Final = "x-tally-edge"
VIEWER_HEADER: Final = "x-tally-viewer"

AddressOf = Callable[[Request], str]


def as_the_gateway_saw(request: Request) -> str:
    """The address of whoever called the gateway."""
    return request.source_ip


def behind(secret: str) -> AddressOf:
    """The addresses of callers where a distribution that knows this secret stands before the gateway."""

    def address_of(request: Request) -> str:
        shown = request.headers.get(EDGE_HEADER, "")
        if not hmac.compare_digest(shown.encode(), secret.encode()):
            return request.source_ip
        try:
            return str(ip_address(request.headers.get(VIEWER_HEADER, "")))
        except ValueError:
            return request.source_ip

    return address_of
