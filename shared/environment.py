"""Settings from the environment, read once at start and named when they are missing."""

from __future__ import annotations

from collections.abc import Mapping


class SettingMissingError(Exception):
    """A function was deployed without a setting it needs."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the environment has no {name}")
        self.name = name


def required(environ: Mapping[str, str], name: str) -> str:
    """A setting that has to be there; an empty one counts as missing.

    Raises:
        SettingMissingError: it is not.
    """
    value = environ.get(name, "")
    if not value:
        raise SettingMissingError(name)
    return value


def optional(environ: Mapping[str, str], name: str, default: str) -> str:
    """A setting that has a default; an empty one counts as missing."""
    return environ.get(name) or default
