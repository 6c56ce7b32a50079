"""Re-proves everything that follows from the books, too: cells, cursors, alerts."""

from __future__ import annotations

import argparse
from typing import Final

from operations import proving

NAME: Final = "reconcile"
HELP: Final = (
    "verify, and hold all cells, cursors and alerts against the journals: prints the drift"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which accounts."""
    proving.add_arguments(parser)
    parser.add_argument(
        "--fold", action="store_true", help="fold what the stream lost of accounts, as every night"
    )


def run(args: argparse.Namespace) -> int:
    """Prove and tell; 1 where something is wrong."""
    return proving.run(args, cells=True, fold=args.fold)
