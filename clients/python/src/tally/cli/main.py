"""`tally`: the API at the command line.

Exit codes: 0 it is done; 1 something was found wrong (books that disagree, rows that were refused); 2 the
command is not understood; 3 the credential or the address is missing, wrong or not enough; 4 there is no
such thing; 5 the service refused (no credits, a conflict, not valid, a limit); 6 the service can't be
reached or failed: repeat the command; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

import tally
from tally._settings import Runtime
from tally.cli import _completion, _export, _import, _reading, _reconcile, _seed, _writing
from tally.cli._context import Arguments, Context

DONE: Final = 0
NOT_ALLOWED: Final = 3
NOT_FOUND: Final = 4
REFUSED: Final = 5
UNREACHABLE: Final = 6
INTERRUPTED: Final = 130

Run = Callable[[Context, Arguments], int]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--json", action="store_true", help="for programs: JSON, one document")
    common.add_argument(
        "--profile", help="a stored profile (default: the environment's, or default)"
    )
    common.add_argument("--url", help="the address of the service")
    common.add_argument("--workspace", help="the workspace an operator acts in")
    whole = argparse.ArgumentParser(
        prog="tally", description="Usage, credits and limits.", parents=[common]
    )
    whole.add_argument("--version", action="version", version=f"tally {tally.__version__}")
    subparsers = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Run, does: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = subparsers.add_parser(
            name, help=does, description=f"{does[0].upper()}{does[1:]}.", parents=[common]
        )
        made.set_defaults(run=run, whole=whole)
        return made

    for part in (_writing, _reading, _export, _import, _reconcile, _seed, _completion):
        part.add(command)
    return whole


def main(arguments: Sequence[str] | None = None, *, context: Context | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    given = parser().parse_args(arguments)
    used = context or Context(os.environ, runtime=Runtime())
    used.as_json = getattr(given, "json", False)
    used.profile_name = getattr(given, "profile", None)
    used.url = getattr(given, "url", None)
    used.workspace = getattr(given, "workspace", None)
    try:
        code: int = given.run(used, given)
    except tally.TallyError as error:
        used.note(f"tally: {error}")
        for each in getattr(error, "errors", ()):
            used.note(f"  {each.pointer}: {each.message}")
        return code_of(error)
    except KeyboardInterrupt:
        used.note("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more can be written, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        used.note(f"tally: {error}")
        return NOT_ALLOWED
    finally:
        used.close()
    return code


def code_of(error: tally.TallyError) -> int:
    """The exit code of an error."""
    if isinstance(error, tally.ConfigurationError | tally.UnauthorizedError | tally.ForbiddenError):
        return NOT_ALLOWED
    if isinstance(error, tally.NotFoundError):
        return NOT_FOUND
    if isinstance(
        error,
        tally.ConnectionFailedError
        | tally.ServiceError
        | tally.RateLimitedError
        | tally.UnexpectedAnswerError
        | tally.ExportFailedError
        | tally.ExportDamagedError,
    ):
        return UNREACHABLE
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
