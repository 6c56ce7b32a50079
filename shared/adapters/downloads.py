"""Presigned URLs that live as long as they say.

A URL dies with the credentials that signed it, and a function's own may end any minute. So each set
of links is signed with fresh credentials, which can read nothing but the files it is for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

from shared.adapters.answers import answered
from shared.domain.exports import Download, Links
from shared.sdk import make_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

CREDENTIALS_S: Final = 3600
"""AWS gives a role that a role assumes no longer than an hour."""

LINK_S: Final = 3300
"""Less than the credentials live, so the link's own end is the one that counts."""


def sts_client() -> STSClient:
    """A client made for short calls."""
    client = make_client(
        "sts",
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    return cast("STSClient", client)


class SignedDownloads:
    """Makes links to files of one bucket with a role that may read them.

    The client is made when it is first needed.
    """

    def __init__(self, make_client: Callable[[], STSClient], role_arn: str, bucket: str) -> None:
        self._make_client = make_client
        self._role_arn = role_arn
        self._bucket = bucket
        self._partition = role_arn.split(":")[1]

    @cached_property
    def _client(self) -> STSClient:
        return self._make_client()

    def links(self, files: Sequence[Download], now_ms: int) -> Links:
        """Links that start now.

        Raises:
            UnavailableError: no credentials were to be had.
        """
        client = self._signer(self._credentials(files))
        urls = tuple(self._url(client, file) for file in files)
        # A signature's date has no milliseconds.
        return Links(urls, (now_ms // 1000 + LINK_S) * 1000)

    def _credentials(self, files: Sequence[Download]) -> CredentialsTypeDef:
        answer = answered(
            lambda: self._client.assume_role(
                RoleArn=self._role_arn,
                RoleSessionName="tally-download",
                DurationSeconds=CREDENTIALS_S,
                Policy=self._only(files),
            ),
            "The download could not be prepared.",
        )
        return answer["Credentials"]

    def _only(self, files: Sequence[Download]) -> str:
        """A session policy: these files, and their decryption by S3 where the bucket has a key."""
        arns = [f"arn:{self._partition}:s3:::{self._bucket}/{file.key}" for file in files]
        by_s3 = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}
        statements: list[dict[str, object]] = [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": arns},
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": by_s3},
        ]
        return json.dumps({"Version": "2012-10-17", "Statement": statements})

    def _signer(self, credentials: CredentialsTypeDef) -> S3Client:
        # Virtual addressing names the bucket's region in the host; the global host would redirect,
        # and a redirect breaks the signature.
        client = make_client(
            "s3",
            {
                "aws_access_key_id": credentials["AccessKeyId"],
                "aws_secret_access_key": credentials["SecretAccessKey"],
                "aws_session_token": credentials["SessionToken"],
            },
            signature_version="s3v4",
            s3={"addressing_style": "virtual"},
        )
        return cast("S3Client", client)

    def _url(self, client: S3Client, file: Download) -> str:
        return client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": file.key,
                "ResponseContentDisposition": f'attachment; filename="{file.file_name}"',
                "ResponseContentType": file.media_type,
            },
            ExpiresIn=LINK_S,
        )
