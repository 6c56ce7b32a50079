"""Entity tags of answers that hold until something counted changes.

A tag says by itself how long it may stand at most and which account it is of; the rest is a hash over what
the answer depends on. Whoever makes one up gets to keep their own old answer, and nothing else.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Final

from shared.domain.ids import ACCOUNT_ID
from shared.http.messages import Identity, Request
from shared.ports.versions import Version
from shared.routes import USER

HASH_BYTES: Final = 18
MAX_HEADER: Final = 1_000
"""Characters of `If-None-Match` that are looked at: a client has one tag of an answer, perhaps a few."""

_TAG: Final = re.compile(
    r'"([0-9]{1,15})\.((?:acct_[0-9a-f]{20})?)\.([A-Za-z0-9_-]{24})"', re.ASCII
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: until when it stands at most, the account it is of (None: a workspace's), and the hash."""

    until_ms: int
    account_id: str | None
    hash: str

    def __str__(self) -> str:
        """Weak, as two answers of one version say the same but not always byte for byte."""
        return f'W/"{self.until_ms}.{self.account_id or ""}.{self.hash}"'


def tags_of(headers: Mapping[str, str]) -> list[Tag]:
    """The tags of `If-None-Match` that have the form of ours."""
    header = headers.get("if-none-match", "")[:MAX_HEADER]
    return [
        Tag(int(until), account_id or None, digest)
        for until, account_id, digest in _TAG.findall(header)
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as far as its answer depends on it: by whom, of which workspace, for what.

    `release` is the product's version: another one may put the same figures in another way.
    """

    release: str
    workspace_id: str
    request: Request
    identity: Identity

    def tag(self, until_ms: int, account_id: str | None, version: Version) -> Tag:
        """The tag of its answer."""
        subject = self.identity.subject if self.identity.role == USER else ""
        covered = [
            self.release,
            self.workspace_id,
            self.identity.role,
            subject,
            self.request.route_key,
            sorted(self.request.path.items()),
            sorted(self.request.query.items()),
            until_ms,
            account_id,
            version.number,
            version.seq,
        ]
        digest = sha256(dumps(covered).encode()).digest()[:HASH_BYTES]
        assert account_id is None or ACCOUNT_ID.fullmatch(account_id)
        return Tag(until_ms, account_id, urlsafe_b64encode(digest).decode())
