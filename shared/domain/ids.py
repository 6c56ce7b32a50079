"""Ids: which are taken, how ours are made, and what can be read from them."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import Final

MAX_ID_LENGTH: Final = 128
ID: Final = re.compile(r"[A-Za-z0-9._:@-]{1,128}", re.ASCII)
"""Users and usage logs. No slash: a gateway does not route an encoded one."""

NAME: Final = re.compile(r"[A-Za-z0-9._:@/-]{1,128}", re.ASCII)
"""Services, providers and models."""

ACCOUNT_PREFIX: Final = "acct_"
ACCOUNT_DIGITS: Final = 20
ACCOUNT_ID: Final = re.compile(r"acct_[0-9a-f]{20}", re.ASCII)
TRANSACTION_ID: Final = re.compile(r"tx_([0-9a-f]{20})_([1-9][0-9]{0,11})", re.ASCII)
UUID7: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE
)

RandomBytes = Callable[[int], bytes]


def account_id_of(secret: bytes, user_id: str, generation: int = 0) -> str:
    """A user's account: stable, and not reversible without the workspace's secret (80 bits of HMAC).

    `generation` grows when the user is erased, so the same id seen again is a new account.
    """
    digest = hmac.digest(secret, f"{generation}:{user_id}".encode(), "sha256")
    return f"acct_{digest.hex()[:20]}"


def transaction_id(account_id: str, seq: int) -> str:
    """The id of journal entry `seq` of an account; `split_transaction_id` leads back to it."""
    return f"tx_{account_id.removeprefix('acct_')}_{seq}"


def split_transaction_id(text: str) -> tuple[str, int] | None:
    """`(account_id, seq)` of a transaction's id, or None when it is none."""
    match = TRANSACTION_ID.fullmatch(text)
    return (f"acct_{match[1]}", int(match[2])) if match else None


def uuid7(at_ms: int, random_bytes: RandomBytes) -> str:
    """A time-ordered UUID (RFC 9562, version 7)."""
    noise = int.from_bytes(random_bytes(10), "big")
    value = (at_ms & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (noise >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | noise & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def uuid7_ms(text: str) -> int | None:
    """When a UUIDv7 was made (ms since 1970), or None when it is none."""
    if UUID7.fullmatch(text) is None:
        return None
    return int(text[:8] + text[9:13], 16)
