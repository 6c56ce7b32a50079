"""The key that signs checkpoints, as those see it who verify: its public half."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from shared.adapters.answers import answered
from shared.domain.checkpoints import Signature


class TrustedKey:
    """A key of KMS. Its public half is fetched once."""

    def __init__(self, make_client: Callable[[], Any], key_id: str) -> None:
        self._make_client = make_client
        self._key_id = key_id

    @cached_property
    def _public(self) -> ec.EllipticCurvePublicKey:
        answer = answered(
            lambda: self._make_client().get_public_key(KeyId=self._key_id),
            "The key of checkpoints could not be read.",
        )
        key = load_der_public_key(answer["PublicKey"])
        assert isinstance(key, ec.EllipticCurvePublicKey)
        return key

    def holds(self, signature: Signature, digest: bytes) -> bool:
        """Whether a signature is one of a digest by this key.

        Raises:
            UnavailableError: KMS did not answer.
        """
        try:
            self._public.verify(signature.value, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature:
            return False
        return True
