"""Files in S3, written as a stream: memory stays flat however long the file gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self, cast

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.answers import answered
from shared.sdk import make_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES: Final = 8 * 1024 * 1024
"""S3 wants parts of 5 MiB or more, except the last."""

MAX_PARTS: Final = 10_000
"""S3 takes no more; 78 GiB is far beyond what a run writes in its time."""

NOT_LISTED: Final = "The files could not be looked through."
NOT_READ: Final = "The file could not be read."
NOT_WRITTEN: Final = "The file could not be written."


def s3_client() -> S3Client:
    """A client for bodies of some megabytes."""
    client = make_client(
        "s3",
        connect_timeout=2,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=4,
    )
    return cast("S3Client", client)


class S3Files:
    """Files of one bucket, which encrypts them by its default. The client is made when first needed."""

    def __init__(self, make_client: Callable[[], S3Client], bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket

    @cached_property
    def _client(self) -> S3Client:
        return self._make_client()

    def create(self, key: str, media_type: str) -> S3Writer:
        """A new file: there once its `with` block ends well, and not at all otherwise."""
        return S3Writer(self._client, self._bucket, key, media_type)

    def read(self, key: str) -> bytes | None:
        """A whole file, held in memory; None when there is none.

        Raises:
            UnavailableError: S3 did not answer.
        """
        return answered(lambda: self._read(key), NOT_READ)

    def _read(self, key: str) -> bytes | None:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            return found["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys of all files that begin so, read as they are taken.

        Raises:
            UnavailableError: S3 did not answer.
        """
        pages = iter(
            self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            )
        )
        while (page := answered(lambda: next(pages, None), NOT_LISTED)) is not None:
            for found in page.get("Contents", []):
                yield found["Key"]

    def delete(self, keys: Iterable[str]) -> None:
        """Delete files. Repeating it changes nothing.

        Raises:
            UnavailableError: S3 did not answer; some may be gone.
        """
        for key in keys:
            self._delete(key)

    def _delete(self, key: str) -> None:
        answered(
            lambda: self._client.delete_object(Bucket=self._bucket, Key=key),
            "A file is still there.",
        )


class S3Writer:
    """One file being written. `size_bytes` and `sha256` are of all that was written so far.

    A short file is one put, a long one a multipart upload. Writing and ending raise
    `UnavailableError` when S3 does not answer or throttles, after retries.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, media_type: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._media_type = media_type
        self._digest = sha256()
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._upload_id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self.size_bytes = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 as hexadecimal digits."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append to the file.

        Raises:
            UnavailableError: S3 did not take a part.
        """
        self._digest.update(chunk)
        self.size_bytes += len(chunk)
        self._pending.append(chunk)
        self._pending_bytes += len(chunk)
        if self._pending_bytes >= PART_BYTES:
            self._send_part()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._abort()
            return
        try:
            self._finish()
        except BaseException:
            self._abort()
            raise

    def _take_pending(self) -> bytes:
        body = b"".join(self._pending)
        self._pending, self._pending_bytes = [], 0
        return body

    def _send_part(self) -> None:
        number = len(self._parts) + 1
        assert number <= MAX_PARTS
        upload_id, body = self._upload(), self._take_pending()
        answer = answered(
            lambda: self._client.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=upload_id,
                PartNumber=number,
                Body=body,
            ),
            NOT_WRITTEN,
        )
        part: CompletedPartTypeDef = {"PartNumber": number, "ETag": answer["ETag"]}
        if "ChecksumCRC32" in answer:
            part["ChecksumCRC32"] = answer["ChecksumCRC32"]
        self._parts.append(part)

    def _upload(self) -> str:
        if self._upload_id is None:
            answer = answered(
                lambda: self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=self._key, ContentType=self._media_type
                ),
                NOT_WRITTEN,
            )
            self._upload_id = answer["UploadId"]
        return self._upload_id

    def _finish(self) -> None:
        if self._upload_id is None:
            self._put()
            return
        if self._pending:
            self._send_part()
        upload_id = self._upload_id
        answered(
            lambda: self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=upload_id,
                MultipartUpload={"Parts": self._parts},
            ),
            NOT_WRITTEN,
        )

    def _put(self) -> None:
        body = self._take_pending()
        answered(
            lambda: self._client.put_object(
                Bucket=self._bucket, Key=self._key, Body=body, ContentType=self._media_type
            ),
            NOT_WRITTEN,
        )

    def _abort(self) -> None:
        """Drop the parts; what can't be dropped now goes by the bucket's lifecycle rule."""
        if self._upload_id is None:
            return
        with suppress(BotoCoreError, ClientError):
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._upload_id
            )
