"""Bodies as they were sent, so that a repeat can be told from a different request under the same id.

A body is taken apart into its members (JSON pointer → canonical text), as sent: what was left out stays
out. What is stored is a keyed digest of each member, so a conflict can name the members that differ
while the stored form gives nothing away.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2s
from json.encoder import encode_basestring
from typing import Final

from shared.domain.money import digits_of

DIGEST_BYTES: Final = 6

Members = Mapping[str, str]
Fingerprint = Mapping[str, bytes]


def _canonical(value: object) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return _number(value)
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, dict):
        members = sorted(value.items())
        return "{" + ",".join(f"{_canonical(k)}:{_canonical(v)}" for k, v in members) + "}"
    assert value is None
    return "null"


def _number(value: Decimal | int) -> str:
    """A number by its value, exact; powers of ten are never written out (`1E+999999999` is one)."""
    coefficient, exponent = digits_of(value)
    sign = "-" if value < 0 else ""
    return f"{sign}{coefficient}e{exponent}" if exponent else f"{sign}{coefficient}"


def members_of(body: Mapping[str, object], without: frozenset[str] = frozenset()) -> dict[str, str]:
    """Members of a JSON object as sent; `null` counts as absent, `tokens` goes member by member."""
    members: dict[str, str] = {}
    for name, value in body.items():
        if value is None or name in without:
            continue
        if name == "tokens" and isinstance(value, dict):
            for part, count in value.items():
                if count is not None:
                    members[f"/tokens/{part}"] = _canonical(count)
        else:
            members[f"/{name}"] = _canonical(value)
    return members


def without_user(members: Members, account_id: str | None, pointer: str = "/userId") -> Members:
    """The members with the account in the place of the user it stands for, whom `pointer` leads to.

    What is stored of them can't tell then, not even once the user is erased, whether somebody guesses the id.
    """
    if pointer not in members or account_id is None:
        return members
    return {**members, pointer: _canonical(account_id)}


def fingerprint(members: Members, nonce: bytes) -> dict[str, bytes]:
    """A short keyed digest of each member."""
    return {
        pointer: blake2s(text.encode(), key=nonce, digest_size=DIGEST_BYTES).digest()
        for pointer, text in members.items()
    }


def differing(stored: Fingerprint, members: Members, nonce: bytes) -> list[str]:
    """Pointers of the members that differ from a stored body, sorted; empty for the same body."""
    fresh = fingerprint(members, nonce)
    return sorted(p for p in stored.keys() | fresh.keys() if stored.get(p) != fresh.get(p))
