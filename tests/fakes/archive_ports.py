"""What the archive needs from the outside, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from functions.archive.schemas import Job
from shared.domain.checkpoints import Signature
from shared.domain.errors import UnavailableError


class ArchiveFile:
    """A file being written; it lands in the bucket when its `with` block ends well."""

    def __init__(self, bucket: ArchiveBucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._content = b""

    @property
    def size_bytes(self) -> int:
        return len(self._content)

    @property
    def sha256(self) -> str:
        return sha256(self._content).hexdigest()

    def write(self, chunk: bytes) -> None:
        self._content += chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._bucket.meet("write", self._key)
            self._bucket.content[self._key] = self._bucket.spoil(self._content)


class ArchiveBucket:
    """Files by key.

    `meet` is called before each thing that is done with a key and may raise; `spoil` makes of a file what
    is kept of it.
    """

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.meet: Callable[[str, str], None] = lambda verb, key: None
        self.spoil: Callable[[bytes], bytes] = lambda data: data

    def create(self, key: str, media_type: str) -> ArchiveFile:
        return ArchiveFile(self, key)

    def read(self, key: str) -> bytes | None:
        self.meet("read", key)
        return self.content.get(key)

    def keys(self, prefix: str) -> Iterator[str]:
        self.meet("list", prefix)
        return iter([key for key in self.content if key.startswith(prefix)])

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.meet("delete", key)
            self.content.pop(key, None)


class ArchiveJobs:
    """Jobs that wait. While `closed`, none is taken."""

    def __init__(self) -> None:
        self.waiting: list[Job] = []
        self.closed = False

    def send(self, job: Job) -> None:
        if self.closed:
            raise UnavailableError("The queue did not take the message.")
        self.waiting.append(job)


class Signing:
    """A key of its own, as KMS would keep it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, digest: bytes) -> Signature:
        signature = self.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        return Signature("key-1", signature)

    def holds(self, signature: Signature, digest: bytes) -> bool:
        try:
            self.key.public_key().verify(
                signature.value, digest, ec.ECDSA(Prehashed(hashes.SHA256()))
            )
        except InvalidSignature:
            return False
        return True
