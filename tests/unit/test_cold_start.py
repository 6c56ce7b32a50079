"""What functions do not load before their first event (OPS-1): the SDK, where no request needs it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SPARED = ("botocore.session", "http.client", "urllib.request", "jwt")
ENVIRON = {
    "TABLE_NAME": "tally",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "A",
    "AWS_SECRET_ACCESS_KEY": "S",
    "AUDIT_QUEUE_URL": "https://queue",
    "JWT_ISSUER": "https://issuer.example.com",
    "JWT_AUDIENCE": "dashboard",
    "JWT_JWKS_URL": "https://issuer.example.com/jwks.json",
    "PYDANTIC_DISABLE_PLUGINS": "1",
}


@pytest.mark.parametrize(
    "function", ["record_usage", "query_stats", "transactions", "thresholds", "audit", "edge"]
)
def test_a_function_starts_without_what_its_requests_do_not_need(function: str) -> None:
    program = (
        "import sys; before = set(sys.modules); "
        f"import functions.{function}.handler; "
        f"print(*sorted({set(SPARED)} & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"]} | ENVIRON,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
