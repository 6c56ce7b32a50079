"""Signatures by a key of KMS, which never shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from shared.adapters.answers import answered
from shared.domain.checkpoints import ALGORITHM, Signature
from shared.sdk import make_client


def kms_client() -> Any:
    """A client of KMS made for short calls."""
    return make_client(
        "kms",
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 4},
    )


class KmsSigner:
    """Signs digests; where no key is named it does not."""

    def __init__(self, make_client: Callable[[], Any], key_id: str) -> None:
        self._make_client = make_client
        self._key_id = key_id

    @cached_property
    def _client(self) -> Any:
        return self._make_client()

    def sign(self, digest: bytes) -> Signature | None:
        """The signature of a SHA-256 digest.

        Raises:
            UnavailableError: KMS did not answer.
        """
        if not self._key_id:
            return None
        answer = answered(
            lambda: self._client.sign(
                KeyId=self._key_id,
                Message=digest,
                MessageType="DIGEST",
                SigningAlgorithm=ALGORITHM,
            ),
            "The checkpoint could not be signed.",
        )
        return Signature(answer["KeyId"], answer["Signature"])
