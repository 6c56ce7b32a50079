"""Checkpoints of the ledger: where each account stood at the end of a day, in a chain of statements. Pure.

A statement covers the list of heads by its hash and the statement before it by its hash. Whoever holds one
can tell for every account up to that day whether its journal is still the one it was.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

ALGORITHM: Final = "ECDSA_SHA_256"
"""What signs: a key on the curve P-256 that never leaves its service. Who can write the table cannot sign."""

STATEMENT_SUFFIX: Final = ".checkpoint.json"
HEADS_SUFFIX: Final = ".heads.txt"
"""How the names of a checkpoint's two files end: the statement's, and that of the list which it covers."""


class HeadMark(NamedTuple):
    """An account's last entry of a day, and its hash."""

    account_id: str
    seq: int
    hash: bytes

    @property
    def line(self) -> str:
        """The line of the list."""
        return f"{self.account_id} {self.seq} {self.hash.hex()}\n"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed. `root` is the SHA-256 of the list of heads, `previous` that of the statement before."""

    workspace_id: str
    day: str
    heads: int
    root: str
    previous: str | None

    @property
    def covered(self) -> bytes:
        """The bytes that hash and signature cover."""
        members = [
            "checkpoint",
            1,
            self.workspace_id,
            self.day,
            self.heads,
            self.root,
            self.previous,
        ]
        return json.dumps(members, separators=(",", ":")).encode()

    @property
    def digest(self) -> bytes:
        """The SHA-256 that is signed."""
        return sha256(self.covered).digest()


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of a statement's digest, and the key that made it."""

    key_id: str
    value: bytes


def checkpoint_json(statement: Statement, signature: Signature | None) -> dict[str, object]:
    """A checkpoint as its file has it; without a signature where nothing signs."""
    found: dict[str, object] = {
        "schema": 1,
        "workspaceId": statement.workspace_id,
        "day": statement.day,
        "heads": statement.heads,
        "root": statement.root,
        "previous": statement.previous,
        "digest": statement.digest.hex(),
    }
    if signature is None:
        return found
    return found | {
        "signature": {
            "algorithm": ALGORITHM,
            "keyId": signature.key_id,
            "value": base64.b64encode(signature.value).decode(),
        }
    }


def checkpoint_from(raw: Mapping[str, Any]) -> tuple[Statement, Signature | None]:
    """The statement and the signature of a checkpoint's file.

    Raises:
        ValueError: it is none, or is not what its digest says.
    """
    try:
        statement = Statement(
            raw["workspaceId"], raw["day"], raw["heads"], raw["root"], raw["previous"]
        )
        signed = raw.get("signature")
        signature = None
        if signed is not None:
            signature = Signature(signed["keyId"], base64.b64decode(signed["value"]))
        if statement.digest.hex() != raw["digest"]:
            raise ValueError("the checkpoint is not what its digest says")
    except (KeyError, TypeError) as error:
        raise ValueError("not a checkpoint") from error
    return statement, signature


def marks_of(lines: Iterable[str]) -> Iterator[HeadMark]:
    """The marks of a list.

    Raises:
        ValueError: a line is none.
    """
    for line in lines:
        account_id, seq, hash_ = line.split()
        yield HeadMark(account_id, int(seq), bytes.fromhex(hash_))
