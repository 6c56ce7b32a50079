"""EXP-2: files reach S3 as streams, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from shared.adapters.s3 import PART_BYTES, S3Files, s3_client
from shared.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = os.environ["EXPORT_BUCKET"]
KEY = "exports/acme/id/0.csv"
MEBIBYTE = 1024 * 1024


pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def client() -> Iterator[S3Client]:
    client = s3_client()
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    yield client
    assert "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET)


def keys_of(client: S3Client) -> list[str]:
    found = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [row["Key"] for row in found]


@pytest.mark.parametrize(
    ("sizes", "multipart"),
    [
        ([], False),
        ([1], False),
        ([100, 200], False),
        ([PART_BYTES - 1], False),
        ([PART_BYTES], True),
        ([PART_BYTES, 1], True),
        ([3 * MEBIBYTE] * 7, True),
    ],
)
def test_a_file_has_every_byte_in_order_and_says_its_size_and_hash(
    client: S3Client, sizes: list[int], multipart: bool
) -> None:
    chunks = [bytes([number % 251]) * size for number, size in enumerate(sizes)]

    with S3Files(lambda: client, BUCKET).create(KEY, "text/csv; charset=utf-8") as file:
        for chunk in chunks:
            file.write(chunk)

    stored = client.get_object(Bucket=BUCKET, Key=KEY)
    body = stored["Body"].read()
    assert body == b"".join(chunks)
    assert stored["ContentType"] == "text/csv; charset=utf-8"
    assert (file.size_bytes, file.sha256) == (len(body), sha256(body).hexdigest())
    assert ("-" in stored["ETag"]) == multipart


def write_and_fail(client: S3Client, *chunks: bytes) -> None:
    with S3Files(lambda: client, BUCKET).create(KEY, "text/csv") as file:
        for chunk in chunks:
            file.write(chunk)
        assert len(client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])) == (
            sum(map(len, chunks)) // PART_BYTES
        )
        raise RuntimeError("no more rows")


@pytest.mark.parametrize("chunks", [[b"some"], [bytes(PART_BYTES), b"more"]])
def test_a_failed_run_leaves_no_file_and_no_parts(client: S3Client, chunks: list[bytes]) -> None:
    with pytest.raises(RuntimeError, match="no more rows"):
        write_and_fail(client, *chunks)

    assert keys_of(client) == []


def test_our_own_mistakes_are_told_from_failures_that_pass(client: S3Client) -> None:
    with (
        pytest.raises(ClientError, match="NoSuchBucket"),
        S3Files(lambda: client, "no-such-bucket").create(KEY, "x") as file,
    ):
        file.write(b"some")


def test_s3_that_cannot_be_reached_makes_the_export_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    client = s3_client()

    with (
        pytest.raises(UnavailableError),
        S3Files(lambda: client, BUCKET).create(KEY, "x") as file,
    ):
        file.write(b"some")


def test_the_writer_never_holds_more_than_a_part(client: S3Client) -> None:
    # What moto keeps would hide it from a memory profile, so the writer's own buffer is looked at.
    with S3Files(lambda: client, BUCKET).create(KEY, "x") as file:
        for _ in range(40 * 16):
            file.write(bytes(MEBIBYTE // 16))
            assert sum(map(len, file._pending)) < PART_BYTES
