"""API keys as their holders see them: `tally_{workspaceId}_{keyId}_{secret}`.

Key id and secret have no underscore, so a workspace's id may have as many as it likes.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final, NamedTuple

from shared.domain.ids import ID, RandomBytes

PREFIX: Final = "tally_"
KEY_ID_LENGTH: Final = 16
SECRET_LENGTH: Final = 43
"""43 of 62 characters are 256 bits: no slow hash is needed to keep it from being guessed."""

MAX_CREDENTIAL_LENGTH: Final = 8192
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY_ID: Final = re.compile(r"[0-9A-Za-z]{8,32}", re.ASCII)
SECRET: Final = re.compile(r"[0-9A-Za-z]{32,128}", re.ASCII)

SPARE_BITS: Final = 64
"""Random bits beyond those of the result, so that cutting them down prefers no character."""


class ApiKeyText(NamedTuple):
    """The parts of an API key."""

    workspace_id: str
    key_id: str
    secret: str

    def __str__(self) -> str:
        return f"{PREFIX}{self.workspace_id}_{self.key_id}_{self.secret}"


def split_api_key(credential: str) -> ApiKeyText | None:
    """The parts of an API key, or None when it has not the form of one."""
    if not credential.startswith(PREFIX):
        return None
    parts = credential.removeprefix(PREFIX).rsplit("_", 2)
    if len(parts) != len(ApiKeyText._fields):
        return None
    key = ApiKeyText(*parts)
    formed = (ID.fullmatch(key.workspace_id) and KEY_ID.fullmatch(key.key_id)) and SECRET.fullmatch(
        key.secret
    )
    return key if formed else None


def new_api_key(workspace_id: str, random_bytes: RandomBytes) -> ApiKeyText:
    """A key that nobody can guess."""
    return ApiKeyText(
        workspace_id, _base62(random_bytes, KEY_ID_LENGTH), _base62(random_bytes, SECRET_LENGTH)
    )


def secret_hash(secret: str) -> bytes:
    """What is kept of a secret."""
    return sha256(secret.encode()).digest()


def _base62(random_bytes: RandomBytes, length: int) -> str:
    bits = (len(ALPHABET) ** length).bit_length() + SPARE_BITS
    number = int.from_bytes(random_bytes(-(-bits // 8)), "big")
    characters = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[digit])
    return "".join(characters)
