"""Whether a checkpoint was signed is told by the public half of the key (LED-7)."""

from __future__ import annotations

from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.adapters.trusted_key import TrustedKey
from tests.fakes.archive_ports import Signing


def test_a_signature_holds_for_the_digest_and_the_key_it_was_made_with_and_no_other() -> None:
    signer, other = Signing(), Signing()
    asked: list[str] = []

    def get_public_key(**named: Any) -> dict[str, bytes]:
        asked.append(named["KeyId"])
        public = signer.key.public_key()
        return {"PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)}

    key = TrustedKey(lambda: SimpleNamespace(get_public_key=get_public_key), "key-1")
    digest = sha256(b"a checkpoint").digest()

    assert key.holds(signer.sign(digest), digest)
    assert not key.holds(signer.sign(digest), sha256(b"another").digest())
    assert not key.holds(other.sign(digest), digest)
    assert asked == ["key-1"]
