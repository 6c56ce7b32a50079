"""Time-ordered ids: made once, where something happens, and the same on every try."""

from __future__ import annotations

import os
import time
from hashlib import sha256

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_LOW = (1 << 62) - 1


def new_id() -> str:
    """A new UUIDv7 (RFC 9562): 48 bits of milliseconds, 74 of noise."""
    return _uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def id_of(at_ms: int, *parts: str) -> str:
    """A UUIDv7 that follows from what it names: the same parts at the same time give the same id.

    `at_ms` is when the named thing happened, in milliseconds since 1970.
    """
    return _uuid7(at_ms, sha256("\0".join(parts).encode()).digest()[:10])


def _uuid7(at_ms: int, noise: bytes) -> str:
    bits = int.from_bytes(noise, "big")
    value = (at_ms & (1 << 48) - 1) << 80 | _VERSION | (bits >> 68 & 0xFFF) << 64
    text = f"{value | _VARIANT | bits & _LOW:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
