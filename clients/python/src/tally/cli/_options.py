"""Options that commands share, and how their values are read."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from decimal import Decimal, InvalidOperation


def moment(text: str) -> datetime:
    """A time that says its offset."""
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time") from error
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} does not say its offset, as in {text}Z")
    return at


def day(text: str) -> date:
    """A local day of the workspace."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day, as 2026-11-20 is") from error


def positive(text: str) -> int:
    """A whole number above 0."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def amount(text: str) -> Decimal:
    """An exact amount."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount") from error


def dates(parser: argparse.ArgumentParser) -> None:
    """A range of days, both included."""
    parser.add_argument("--from", dest="start", type=day, metavar="DAY", help="the first day")
    parser.add_argument("--to", dest="end", type=day, metavar="DAY", help="the last day, included")
