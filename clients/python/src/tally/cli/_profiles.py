"""Addresses and credentials by name, in a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tally._errors import ConfigurationError
from tally._settings import KEY_VARIABLE, URL_VARIABLE

DEFAULT: Final = "default"
FILE_VARIABLE: Final = "TALLY_CONFIG"


@dataclass(frozen=True, slots=True)
class Profile:
    """Where to go, and as whom."""

    url: str | None = None
    key: str | None = None
    workspace: str | None = None


class Profiles:
    """The file of profiles."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        given = environ.get(FILE_VARIABLE)
        config = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "~")) / ".config"
        self.path: Final = Path(given) if given else Path(config).expanduser() / "tally" / "config"

    def names(self) -> list[str]:
        """Every profile."""
        return self._read().sections()

    def find(self, name: str | None) -> Profile:
        """A profile by its name; without one, the environment's values before those of `default`.

        Raises:
            ConfigurationError: there is no such profile, or others can read the file.
        """
        file = self._read()
        if name is not None and not file.has_section(name):
            known = ", ".join(file.sections()) or "none"
            raise ConfigurationError(f"there is no profile {name!r}; there are: {known}")
        section = name or DEFAULT
        stored = dict(file[section]) if file.has_section(section) else {}
        if name is None:
            stored |= {
                member: value
                for member, variable in (("url", URL_VARIABLE), ("key", KEY_VARIABLE))
                if (value := self._environ.get(variable))
            }
        return Profile(stored.get("url"), stored.get("key"), stored.get("workspace"))

    def save(self, name: str, profile: Profile) -> None:
        """Write a profile, readable by its owner alone."""
        file = self._read()
        if not file.has_section(name):
            file.add_section(name)
        for member in ("url", "key", "workspace"):
            value = getattr(profile, member)
            if value:
                file.set(name, member, value)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as text:
            file.write(text)
        draft.replace(self.path)

    def _read(self) -> ConfigParser:
        file = ConfigParser(interpolation=None)
        if self.path.is_file():
            if os.name == "posix" and stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                raise ConfigurationError(f"others can read {self.path}: chmod 600 {self.path}")
            file.read(self.path)
        return file
