"""Prints what the examples need as `export` lines: `eval "$(.venv/bin/python -m local.seed.env)"`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.cloud import Cloud, NotRunningError, UnknownUserError
from local.state import State


def exports(cloud: Cloud) -> dict[str, str]:
    """The variables, by name.

    Raises:
        NotRunningError: nothing was seeded.
        UnknownUserError: there is no admin to sign in.
    """
    key = cloud.settings.get("serviceApiKey")
    if not isinstance(key, str):
        raise NotRunningError("the local cloud has no demo workspace: run `make demo`")
    return {
        "TALLY_URL": cloud.api_url,
        "TALLY_KEY": key,
        "TALLY_TOKEN": cloud.id_token("admin"),
    }


def main() -> int:
    """Parse the command line and print the lines, nothing else on standard output."""
    parser = argparse.ArgumentParser(prog="python -m local.seed.env")
    parser.add_argument("--state", type=Path, help="the cloud's folder (default: .tally)")
    arguments = parser.parse_args()
    try:
        variables = exports(Cloud.load(State(arguments.state)))
    except (NotRunningError, UnknownUserError) as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"The local cloud does not answer: {error}. `make demo` starts it.", file=sys.stderr)
        return 1
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
