"""Re-proves the books: every entry from the first, the heads, the logs."""

from __future__ import annotations

import argparse
from typing import Final

from operations import proving

NAME: Final = "verify"
HELP: Final = "re-prove journals, heads and usage logs of an account, a workspace or everything"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which accounts."""
    proving.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Prove and tell; 1 where something is wrong."""
    return proving.run(args, cells=False)
