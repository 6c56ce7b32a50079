"""`tally import`: usage from a file, exactly once however often it is interrupted and repeated."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import tally
from tally._errors import ApiError, error_of
from tally._json import dumps, loads
from tally._operations.usage import MAX_BATCH, batch_of
from tally._settings import pause, repeatable
from tally.cli._context import Arguments, Bar, Column, Context
from tally.cli._rows_in import READERS, Columns, Line, lines_of
from tally.types import RowResult

REJECTED: Final = 1
SAMPLES: Final = 3
SHOWN_ERRORS: Final = 5
HEAD_BYTES: Final = 1 << 16
"""What of a file tells it from another one of its name."""

ROW_TRIES: Final = 8
"""How often a row that may succeed later is sent again before the import stops there."""


@dataclass(slots=True)
class Outcomes:
    """What became of rows. `rows` is how many were looked at, from the first on."""

    rows: int = 0
    created: int = 0
    replayed: int = 0
    refused: int = 0


def add(commands: Any) -> None:
    """The parser of this command."""
    parser = commands("import", run, "usage from a CSV or JSON Lines file, exactly once")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_pair,
        metavar="MEMBER=COLUMN",
        help="as in user_id=customer or tokens.input=prompt_tokens",
    )
    parser.add_argument(
        "--set", action="append", default=[], type=_pair, metavar="MEMBER=VALUE", dest="constants"
    )
    parser.add_argument("--metadata", nargs="+", default=[], metavar="COLUMN")
    parser.add_argument("--utc", action="store_true", help="times without an offset are in UTC")
    parser.add_argument("--name", help="what identifies the import (default: the file's name)")
    parser.add_argument("--dry-run", action="store_true", help="read everything, send nothing")
    parser.add_argument("--restart", action="store_true", help="look at all rows again")
    parser.add_argument("--batch", type=int, default=MAX_BATCH, help=argparse.SUPPRESS)
    parser.add_argument("--rejects", type=Path, help="where to write what was refused, and why")


def _pair(text: str) -> tuple[str, str]:
    member, found, value = text.partition("=")
    if not found or member not in READERS:
        raise argparse.ArgumentTypeError(f"{text!r}: it is MEMBER=…, of {', '.join(READERS)}")
    return member, value


def run(context: Context, given: Arguments) -> int:
    """Import a file; 1 when rows were refused."""
    mapping = Columns(
        given.name or given.file.name,
        dict(given.map),
        dict(given.constants),
        tuple(given.metadata),
        given.utc,
    )
    lines = lines_of(given.file, mapping)
    if given.dry_run:
        return _look(context, lines)
    progress = Progress(context, given.file, mapping)
    if given.restart:
        progress.forget()
    return Import(context, given.file, progress, given.rejects).run(lines, given.batch)


def _look(context: Context, lines: Iterable[Line]) -> int:
    """Say what would be sent."""
    samples: list[dict[str, Any]] = []
    users: set[str] = set()
    good = bad = 0
    for line in lines:
        if line.error:
            bad += 1
            if bad <= SHOWN_ERRORS:
                context.note(f"row {line.number}: {line.error}")
            continue
        good += 1
        row = loads(line.row)
        users.add(row["userId"])
        if len(samples) < SAMPLES:
            samples.append(row)
    found = {"rows": good + bad, "sendable": good, "refused": bad, "users": len(users)}
    if context.as_json:
        context.json({**found, "samples": samples})
    else:
        for row in samples:
            context.say(dumps(row).decode())
        context.table([found], [(name, _member(name)) for name in found])
        context.note("Nothing was sent.")
    return REJECTED if bad else 0


def _member(name: str) -> Any:
    return lambda found: found[name]


class Progress:
    """How far an import is, in a file of the user's: an interrupted one goes on there.

    It saves time and nothing else: rows that are sent twice count once.
    """

    def __init__(self, context: Context, path: Path, mapping: Columns) -> None:
        home = Path(context.environ.get("HOME", "~")).expanduser()
        state = Path(context.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
        parts = (str(context.profile.url), str(context.profile.workspace), str(path.resolve()))
        self._path = state / "tally" / "imports" / f"{_digest(*parts, repr(mapping))}.json"
        with path.open("rb") as file:
            self._head = sha256(file.read(HEAD_BYTES)).hexdigest()

    def read(self) -> Outcomes:
        """What was done before."""
        try:
            told = loads(self._path.read_bytes())
            if told.pop("head") == self._head:
                return Outcomes(**told)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            pass
        return Outcomes()

    def write(self, done: Outcomes) -> None:
        """Remember what is done."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_bytes(dumps({**asdict(done), "head": self._head}))
        draft.replace(self._path)

    def forget(self) -> None:
        """Begin anew."""
        self._path.unlink(missing_ok=True)


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


class Import:
    """Sends the rows of a file in their order."""

    def __init__(
        self, context: Context, path: Path, progress: Progress, rejects: Path | None
    ) -> None:
        self._context = context
        self._size = path.stat().st_size
        self._progress = progress
        self._rejects = rejects
        self._done = progress.read()
        self._told = 0

    def run(self, lines: Iterable[Line], size: int) -> int:
        """Send what was not sent before; 1 when rows were refused."""
        bar, skipped = Bar(self._context, "importing"), self._done.rows
        if skipped:
            self._context.note(f"going on after row {skipped:,} (--restart looks at all again)")
        try:
            for batch in _batches(lines, skipped, size):
                self._send(batch)
                self._progress.write(self._done)
                bar(batch[-1].end, self._size)
        finally:
            bar.end()
        names = ("rows", "created", "replayed", "refused")
        columns: list[Column] = [(name, _attribute(name)) for name in names]
        self._context.show(asdict(self._done), [self._done], columns)
        return REJECTED if self._done.refused else 0

    def _send(self, batch: list[Line]) -> None:
        waiting = [line for line in batch if not line.error]
        for line in batch:
            if line.error:
                self._refuse(line, "invalid", line.error)
        runtime = self._context.runtime
        for tries in range(ROW_TRIES):
            if not waiting:
                break
            if tries:
                runtime.sleep(pause(tries, runtime.random()))
            answer = self._context.client._send(batch_of(line.row for line in waiting))  # noqa: SLF001 - one package
            pairs = zip(waiting, answer.results, strict=True)
            waiting = [line for line, result in pairs if not self._settle(line, result)]
        if waiting:
            error = f"row {waiting[0].number} and {len(waiting) - 1} more are contended"
            raise tally.ConnectionFailedError(f"{error}; run the same command again to go on")
        self._done.rows += len(batch)

    def _settle(self, line: Line, result: RowResult) -> bool:
        """Count what became of a row; False when it may succeed later."""
        if result.status == "created":
            self._done.created += 1
        elif result.status == "replayed":
            self._done.replayed += 1
        else:
            problem: ApiError = result.problem or error_of(0, {})
            if repeatable(problem):
                return False
            self._refuse(line, problem.code, problem.detail)
        return True

    def _refuse(self, line: Line, code: str, why: str) -> None:
        self._done.refused += 1
        self._told += 1
        if self._told <= SHOWN_ERRORS:
            self._context.note(f"row {line.number}: {why}")
        if self._rejects is not None:
            row = loads(line.row) if line.row else None
            with self._rejects.open("ab") as file:
                file.write(
                    dumps({"row": line.number, "code": code, "why": why, "usage": row}) + b"\n"
                )


def _attribute(name: str) -> Any:
    return lambda found: getattr(found, name)


def _batches(lines: Iterable[Line], skip: int, size: int) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        if line.number <= skip:
            continue
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
