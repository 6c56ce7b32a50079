"""Puts the built dashboard where people get it: `python -m infra.publish OUTPUTS`, after a deployment.

Files with a hash in their names are there for good, so that whoever has the page open goes on with the one
they have; what names them comes last and is asked for anew each time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mimetypes
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUILT: Final = Path(__file__).resolve().parent.parent / "dashboard" / "dist"
HASHED: Final = "assets/"
KEPT_A_YEAR: Final = "public, max-age=31536000, immutable"
ASKED_FOR_ANEW: Final = "no-cache"
SETTINGS_FILE: Final = "config.json"

SETTINGS: Final = {
    "cognitoUrl": "CognitoUrl",
    "userPoolId": "UserPoolId",
    "clientId": "UserPoolClientId",
    "liveUrl": "LiveUrl",
    "stage": "StageName",
}
"""What the page is told when it starts, and the stack's outputs that say it."""

TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
}
"""Where the machine's own list of types may say otherwise, or nothing."""


def region_of(outputs: Mapping[str, str]) -> str:
    """The stack's region: the id of a pool begins with it."""
    return outputs["UserPoolId"].split("_")[0]


def settings_of(outputs: Mapping[str, str]) -> dict[str, str]:
    """What `/config.json` holds. Nothing in it is secret."""
    named = {ours: outputs[theirs] for ours, theirs in SETTINGS.items()}
    return {"region": region_of(outputs), **named}


def fingerprint(built: Path, outputs: Mapping[str, str]) -> str:
    """A digest of all that is put there; another digest, another publication."""
    digest = hashlib.sha256(json.dumps(settings_of(outputs), sort_keys=True).encode())
    for file in _files(built):
        digest.update(file.relative_to(built).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def publish(s3: S3Client, built: Path, outputs: Mapping[str, str]) -> None:
    """Upload a build and its settings.

    Raises:
        FileNotFoundError: there is no build.
    """
    bucket = outputs["SiteBucketName"]
    if not (built / "index.html").is_file():
        raise FileNotFoundError(f"{built} has no index.html: run `make dashboard`")
    settings = json.dumps(settings_of(outputs)).encode()
    s3.put_object(
        Bucket=bucket,
        Key=SETTINGS_FILE,
        Body=settings,
        ContentType="application/json",
        CacheControl=ASKED_FOR_ANEW,
    )
    for file in _files(built):
        key = file.relative_to(built).as_posix()
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=file.read_bytes(),
            ContentType=_type_of(file),
            CacheControl=KEPT_A_YEAR if key.startswith(HASHED) else ASKED_FOR_ANEW,
        )


def _files(built: Path) -> Iterator[Path]:
    """All files of a build but those of its tools (.…), the pages last: they name the others."""
    names = [path.relative_to(built) for path in built.rglob("*") if path.is_file()]
    found = [built / name for name in names if not str(name).startswith(".")]
    yield from sorted(found, key=lambda path: (path.suffix == ".html", path))


def _type_of(file: Path) -> str:
    guessed = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    return guessed or "application/octet-stream"


def main() -> int:
    """Publish what `dashboard/dist` holds into the stack whose outputs a file has."""
    parser = argparse.ArgumentParser(prog="python -m infra.publish")
    parser.add_argument("outputs", type=Path, help="what `cdk deploy --outputs-file` wrote")
    ((_, outputs),) = json.loads(parser.parse_args().outputs.read_text()).items()
    publish(boto3.client("s3", region_name=region_of(outputs)), BUILT, outputs)
    print(f"The dashboard is at {outputs['DashboardUrl']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
