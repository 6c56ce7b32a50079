"""How a request ended, in the words of a usage log."""

from __future__ import annotations

from typing import Any

ABANDONED = {"abandoned": True}
"""Metadata of what its consumer did not wait for."""


def outcome_of(error: BaseException | None) -> dict[str, Any]:
    """`status`, `error_code` and `metadata` of what ended with `error`, or without one.

    A generator that is closed early did nothing wrong: what it gave until then is a success, and its
    metadata says `abandoned`.
    """
    if error is None:
        return {}
    if isinstance(error, GeneratorExit):
        return {"metadata": ABANDONED}
    return {"status": "error", "error_code": error_code_of(error)}


def error_code_of(error: BaseException) -> str:
    """The code an error says it has (`insufficient_quota`, `RESOURCE_EXHAUSTED`), else its class's name.

    A number, which some errors have as their code, says less than the name.
    """
    said = (getattr(error, name, None) for name in ("code", "status"))
    words = (code for code in said if isinstance(code, str) and code and not code.isdigit())
    return next(words, type(error).__name__)
