"""The distribution: what an import needs."""

from __future__ import annotations

import subprocess
import sys

SERVER = ("shared", "functions", "boto3", "aws_lambda_powertools", "pydantic", "msgspec")


def test_the_import_needs_nothing_of_the_server() -> None:
    program = f"import sys, tally; print([m for m in {SERVER!r} if m in sys.modules])"
    seen = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "[]"
