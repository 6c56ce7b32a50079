"""Why a command cannot be carried out."""

from __future__ import annotations


class CommandError(RuntimeError):
    """The message says why, and what to do instead."""
