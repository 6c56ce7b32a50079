"""What every command works with: a client, somewhere to print, and how."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, TextIO

import tally
from tally._decode import encode
from tally._json import dumps
from tally._settings import Runtime
from tally.cli._profiles import Profile, Profiles

RETRIES: Final = 6
"""A person or a script at a command line waits a little longer than a request of a service may."""

Arguments = argparse.Namespace
Column = tuple[str, Callable[[Any], object]]


@dataclass
class Context:
    """One run of the command line."""

    environ: Mapping[str, str]
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    runtime: Runtime = field(default_factory=Runtime)
    profile_name: str | None = None
    url: str | None = None
    workspace: str | None = None
    as_json: bool = False

    @cached_property
    def profiles(self) -> Profiles:
        """The stored profiles."""
        return Profiles(self.environ)

    @cached_property
    def profile(self) -> Profile:
        """Where to go, and as whom."""
        found = self.profiles.find(self.profile_name)
        return Profile(self.url or found.url, found.key, self.workspace or found.workspace)

    @cached_property
    def client(self) -> tally.Tally:
        """A client for it.

        Raises:
            ConfigurationError: key or address are not known.
        """
        if not self.profile.key or not self.profile.url:
            raise tally.ConfigurationError(
                "no address or key: set TALLY_URL and TALLY_KEY, or run `tally configure`"
            )
        return tally.Tally(
            self.profile.key,
            self.profile.url,
            workspace_id=self.profile.workspace,
            max_retries=RETRIES,
            runtime=self.runtime,
        )

    def close(self) -> None:
        """Close the client, where one was made."""
        made = self.__dict__.get("client")
        if made is not None:
            made.close()

    def say(self, *lines: str) -> None:
        """Lines for whoever reads the result."""
        for line in lines:
            self.out.write(f"{line}\n")
        self.out.flush()

    def note(self, line: str) -> None:
        """A line for whoever sits there, not for the result."""
        self.err.write(f"{line}\n")
        self.err.flush()

    def json(self, result: object) -> None:
        """A result for programs: a line of JSON, with the names of the contract."""
        self.say(dumps(encode(result)).decode())

    def table(self, rows: Iterable[Any], columns: Sequence[Column]) -> None:
        """A table for people; numbers stand on the right."""
        cells = [[printable(show(row)) for _, show in columns] for row in rows]
        right = [all(_is_number(line[i]) for line in cells) for i in range(len(columns))]
        titles = [title for title, _ in columns]
        widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
        for line in [titles, *cells]:
            parts = zip(line, widths, right, strict=True)
            shown = (text.rjust(n) if on_right else text.ljust(n) for text, n, on_right in parts)
            self.say("  ".join(shown).rstrip())
        if not cells:
            self.say("(none)")

    def show(self, result: object, rows: Iterable[Any], columns: Sequence[Column]) -> None:
        """A result as JSON where that was asked for, else as a table."""
        if self.as_json:
            self.json(result)
        else:
            self.table(rows, columns)


class Bar:
    """How far something is, on a terminal; nothing elsewhere."""

    WIDTH: Final = 30

    def __init__(self, context: Context, what: str) -> None:
        self._err = context.err
        self._what = what
        self._on = context.err.isatty()
        self._shown = ""

    def __call__(self, done: int, total: int | None) -> None:
        """Draw it anew where it changed."""
        if not self._on:
            return
        share = min(done / total, 1.0) if total else 0.0
        full = round(share * self.WIDTH)
        text = f"\r{self._what} [{'#' * full}{'.' * (self.WIDTH - full)}] {share:4.0%}"
        if text != self._shown:
            self._shown = text
            self._err.write(text)
            self._err.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            self._err.write("\n")
            self._err.flush()


def printable(value: object) -> str:
    """A value for people; what could steer a terminal is a question mark."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "".join(sign if sign.isprintable() else "?" for sign in str(value))


def _is_number(text: str) -> bool:
    return text == "–" or text.replace(",", "").replace(".", "").removeprefix("-").isdigit()
