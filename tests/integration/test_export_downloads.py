"""EXP-2: links live as long as they say, and open nothing but their own file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from shared.adapters.clock import SystemClock
from shared.adapters.downloads import CREDENTIALS_S, LINK_S, SignedDownloads, sts_client
from shared.adapters.s3 import S3Files, s3_client
from shared.domain.errors import UnavailableError
from shared.domain.exports import Download

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = os.environ["EXPORT_BUCKET"]
ROLE_ARN = os.environ["DOWNLOAD_ROLE_ARN"]
FILES = (
    Download("exports/acme/id/0.csv", "usage-logs-2026-11-20.csv", "text/csv; charset=utf-8"),
    Download("exports/acme/id/0.manifest.json", "manifest.json", "application/json"),
)


pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def client() -> S3Client:
    client = s3_client()
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return client


def downloads(seen: list[dict[str, Any]] | None = None) -> SignedDownloads:
    sts = sts_client()
    if seen is not None:
        sts.meta.events.register(
            "provide-client-params.sts.AssumeRole",
            lambda params, **_: seen.append(dict(params)),
        )
    return SignedDownloads(lambda: sts, ROLE_ARN, BUCKET)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_link_downloads_the_file_under_its_name(client: S3Client) -> None:
    with S3Files(lambda: client, BUCKET).create(FILES[0].key, FILES[0].media_type) as file:
        file.write("id\r\nü\r\n".encode())

    links = downloads().links(FILES, SystemClock().now_ms())

    answer = requests.get(links.urls[0], timeout=5)
    assert answer.content == "id\r\nü\r\n".encode()
    assert answer.headers["content-disposition"] == (
        'attachment; filename="usage-logs-2026-11-20.csv"'
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_the_links_end_when_they_say_and_before_their_credentials() -> None:
    seen: list[dict[str, Any]] = []
    now_ms = SystemClock().now_ms()

    links = downloads(seen).links(FILES, now_ms)

    assert len(links.urls) == 2
    assert seen[0]["DurationSeconds"] == CREDENTIALS_S > LINK_S
    for url in links.urls:
        query = query_of(url)
        signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        ends_ms = (signed.timestamp() + int(query["X-Amz-Expires"])) * 1000
        assert ends_ms - 2_000 <= links.expires_ms <= ends_ms
        assert query["X-Amz-Security-Token"]


def test_each_set_of_links_has_credentials_of_its_own() -> None:
    maker, now_ms = downloads(), SystemClock().now_ms()

    first, second = maker.links(FILES, now_ms), maker.links(FILES, now_ms)

    tokens = {query_of(url)["X-Amz-Security-Token"] for url in (*first.urls, *second.urls)}
    assert len(tokens) == 2


def test_the_credentials_open_these_files_and_nothing_else() -> None:
    seen: list[dict[str, Any]] = []

    downloads(seen).links(FILES, 0)

    assert seen[0]["RoleArn"] == ROLE_ARN
    read, decrypt = json.loads(seen[0]["Policy"])["Statement"]
    assert (read["Effect"], read["Action"]) == ("Allow", "s3:GetObject")
    assert read["Resource"] == [f"arn:aws:s3:::{BUCKET}/{file.key}" for file in FILES]
    assert decrypt["Action"] == "kms:Decrypt"
    assert decrypt["Condition"]["StringLike"]["kms:ViaService"].startswith("s3.")


def test_the_host_names_the_region_so_that_nothing_redirects() -> None:
    (url, _) = downloads().links(FILES, 0).urls

    assert urlsplit(url).hostname == f"{BUCKET}.s3.eu-central-1.amazonaws.com"
    assert query_of(url)["X-Amz-Credential"].endswith("/eu-central-1/s3/aws4_request")


def test_sts_that_cannot_be_reached_makes_it_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")

    with pytest.raises(UnavailableError):
        downloads().links(FILES, 0)
