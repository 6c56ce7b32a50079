"""Prints an id token of a user of the local cloud: `python -m local.token alice`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import Cloud, NotRunningError, UnknownUserError
from local.state import State


def main() -> int:
    """Parse the command line, sign in, print the token and nothing else."""
    parser = argparse.ArgumentParser(prog="python -m local.token")
    parser.add_argument("username")
    parser.add_argument("--state", type=Path, help="the cloud's folder (default: .tally)")
    arguments = parser.parse_args()
    try:
        print(Cloud.load(State(arguments.state)).id_token(arguments.username))
    except (NotRunningError, UnknownUserError) as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"The local cloud does not answer (make demo starts it): {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
