"""The key that signs checkpoints, as those see it who verify: its public half.

What verifies is imported with the first signature: most invocations of who proves meet none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from shared.adapters.answers import answered
from shared.domain.checkpoints import Signature


class TrustedKey:
    """A key of KMS. Its public half is fetched once."""

    def __init__(self, make_client: Callable[[], Any], key_id: str) -> None:
        self._make_client = make_client
        self._key_id = key_id

    @cached_property
    def _public(self) -> bytes:
        answer = answered(
            lambda: self._make_client().get_public_key(KeyId=self._key_id),
            "The key of checkpoints could not be read.",
        )
        public: bytes = answer["PublicKey"]
        return public

    def holds(self, signature: Signature, digest: bytes) -> bool:
        """Whether a signature is one of a digest by this key.

        Raises:
            UnavailableError: KMS did not answer.
        """
        from shared.adapters.ecdsa import is_signed  # noqa: PLC0415 - see the module's docstring

        return is_signed(digest, signature.value, self._public)
