"""Reads the chain of checkpoints: each statement against the one before, its list and its signature."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256

from shared.archive.files import Files
from shared.domain.archive import CHECKPOINTS
from shared.domain.checkpoints import (
    HEADS_SUFFIX,
    STATEMENT_SUFFIX,
    HeadMark,
    Signature,
    Statement,
    checkpoint_from,
    marks_of,
)

Holds = Callable[[Signature, bytes], bool]
"""Whether a signature is one of a digest by the key that is trusted."""


def checkpoints_of(
    files: Files, workspace_id: str, holds: Holds | None, problems: list[str]
) -> Iterator[tuple[Statement, list[HeadMark]]]:
    """A workspace's checkpoints day by day, with where accounts stood; what is wrong goes to `problems`.

    Of a day that was tried more than once, the one counts that the next one leads to. Without `holds`,
    signatures are not looked at.
    """
    prefix = f"{CHECKPOINTS}/workspace={workspace_id}/"
    by_day: dict[str, list[str]] = {}
    # In the order of attempts: 2 before 10.
    for key in sorted(files.keys(prefix), key=lambda key: (len(key), key)):
        if key.endswith(STATEMENT_SUFFIX):
            by_day.setdefault(key.removeprefix(prefix).split("/")[0], []).append(key)
    tips: set[str | None] = {None}
    for _, keys in sorted(by_day.items()):
        found = [one for key in keys if (one := _read(files, key, tips, holds, problems))]
        tips = {statement.digest.hex() for statement, _ in found} or tips
        yield from found[-1:]


def _read(
    files: Files,
    key: str,
    tips: set[str | None],
    holds: Holds | None,
    problems: list[str],
) -> tuple[Statement, list[HeadMark]] | None:
    try:
        statement, signature = checkpoint_from(json.loads(files.read(key) or b""))
        heads = files.read(key.removesuffix(STATEMENT_SUFFIX) + HEADS_SUFFIX) or b""
        marks = list(marks_of(heads.decode().splitlines()))
    except ValueError as error:
        problems.append(f"{key}: {error}")
        return None
    if sha256(heads).hexdigest() != statement.root or len(marks) != statement.heads:
        problems.append(f"{key}: its list of heads is not the one that it covers")
    if statement.previous not in tips:
        problems.append(f"{key}: it does not lead to the checkpoint before")
    if holds is not None and (signature is None or not holds(signature, statement.digest)):
        problems.append(f"{key}: its signature does not hold")
    return statement, marks
