"""Seals: signed states of an account, so that a long journal can be proved from the latest one. Pure."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Final

from shared.domain.journal import Proven

SEAL_EVERY: Final = 50_000
"""Entries from one seal to the next: thirty megabytes, a second or two of proving."""

SEALED_FROM: Final = 100_000
"""Up to so many entries an account is proved from its first one; seals below it are not started from."""


@dataclass(frozen=True, slots=True)
class Seal:
    """An account's state after one entry, as it was when the entry was new, and the workspace's signature."""

    state: Proven
    signature: bytes

    def holds(self, secret: bytes, workspace_id: str, account_id: str) -> bool:
        """Whether the workspace has signed this."""
        right = sealed_state(secret, workspace_id, account_id, self.state)
        return hmac.compare_digest(self.signature, right.signature)


def sealed_state(secret: bytes, workspace_id: str, account_id: str, state: Proven) -> Seal:
    """The seal of a state, signed with the workspace's secret (HMAC-SHA-256)."""
    covered = [
        "seal",
        workspace_id,
        account_id,
        state.seq,
        state.balance,
        list(state.totals),
        state.hash.hex(),
        state.created_ms,
    ]
    text = json.dumps(covered, separators=(",", ":")).encode()
    return Seal(state, hmac.digest(secret, text, "sha256"))
