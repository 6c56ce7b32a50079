"""Measuring is light: no vendor's SDK is loaded before a program does so itself."""

from __future__ import annotations

import subprocess
import sys

VENDORS = [
    "openai",
    "anthropic",
    "google",
    "litellm",
    "opentelemetry",
    "mcp",
    "cloudevents",
    "starlette",
    "pydantic",
]


def test_no_sdk_of_a_vendor_is_imported() -> None:
    program = (
        "import sys, tally, tally.cloudevents, tally.mcp, tally.middleware, tally.reading\n"
        f"print([name for name in {VENDORS!r} if name in sys.modules])"
    )
    seen = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "[]"
