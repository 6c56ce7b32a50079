"""Deploys the very stack into a local cloud, by the CDK's own command line."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from local.cloud import ACCOUNT, REGION, aws_environment, session
from local.process import CloudError, Process
from local.state import ROOT, State

CDK: Final = ROOT / "node_modules" / ".bin" / "cdk"
STACK: Final = "tally-local"
ASSET_BUCKET: Final = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
DEPLOYED: Final = (
    *("shared", "functions", "infra", "cdk.json", "pyproject.toml"),
    *("requirements/runtime.txt", "requirements/parquet.txt", "package-lock.json"),
)
SHOWN_LINES: Final = 15


def fingerprint(process: Process) -> str:
    """A digest of everything that a deployment is made from; another digest, another deployment."""
    digest = hashlib.sha256(process.url.encode())
    for file in _sources():
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def deploy(state: State, process: Process) -> dict[str, str]:
    """Deploy the tree as it stands.

    Returns:
        The stack's outputs.

    Raises:
        CloudError: the deployment failed; the message is what the CDK said.
    """
    if not CDK.is_file():
        raise CloudError("the CDK is not installed: run `make setup`")
    _make_asset_bucket(process)
    outputs = state.folder / "outputs.json"
    # Proxies and certificates are the caller's; credentials and profiles must not be.
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith("AWS_")}
    done = subprocess.run(
        [
            *(str(CDK), "deploy", STACK, "--context", "stage=local"),
            *("--require-approval", "never", "--method", "direct"),
            *("--output", str(state.assembly), "--outputs-file", str(outputs)),
        ],
        cwd=ROOT,
        env=inherited
        | aws_environment(process.url)
        | {"CI": "true", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    log = state.folder / "deploy.log"
    log.write_text(done.stdout)
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-SHOWN_LINES:])
        raise CloudError(f"{last}\nThe deployment failed; all of it is in {log}")
    found: dict[str, Any] = json.loads(outputs.read_text())
    return {str(name): str(value) for name, value in found[STACK].items()}


def _make_asset_bucket(process: Process) -> None:
    """What is left of `cdk bootstrap` for a stack that is deployed with the caller's credentials."""
    s3 = session().client("s3", endpoint_url=process.url)
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou, ClientError):
        s3.create_bucket(Bucket=ASSET_BUCKET)


def _sources() -> Iterator[Path]:
    for name in DEPLOYED:
        top = ROOT / name
        found = [top] if top.is_file() else top.rglob("*")
        yield from sorted(
            file for file in found if file.is_file() and "__pycache__" not in file.parts
        )
