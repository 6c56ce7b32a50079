"""Writes the OpenAPI document, or says that the one in the tree is out of date (`--check`)."""

from __future__ import annotations

import argparse
import json
import re
import sys
from decimal import Decimal
from typing import Final

from openapi.document import FILE, document

SMALL: Final = re.compile(r"(?<=: )\d\S*e-\d+(?=,?$)", re.MULTILINE)


def text_of(value: object) -> str:
    """JSON as it is committed: a line for each member, small numbers without an exponent."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    return SMALL.sub(lambda number: f"{Decimal(number[0]):f}", text)


def main() -> int:
    """Write or check; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on drift")
    text = text_of(document())
    if not parser.parse_args().check:
        FILE.write_text(text)
        return 0
    if FILE.is_file() and FILE.read_text() == text:
        return 0
    print(
        f"{FILE.name} is not what the code says: run `make openapi` and commit it", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
