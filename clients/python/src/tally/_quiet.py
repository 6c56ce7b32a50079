"""Measuring is never in the way: what goes wrong in it ends here."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Final

logger: Final = logging.getLogger("tally")

MAX_TOLD: Final = 100
"""Kinds of mishaps that are told with their traceback; more than there are, and no leak if there were."""

_told: set[str] = set()


class quiet:  # noqa: N801 - reads as a statement: with quiet("read a header"): …
    """Log what goes wrong in the block, never raise it. The first of each kind comes with its traceback.

    `doing` says what was tried: "read the user of a request".
    """

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        seen = f"{self._doing}: {type(error).__name__}"
        if seen in _told or len(_told) >= MAX_TOLD:
            logger.debug("could not %s", self._doing, exc_info=error)
        else:
            _told.add(seen)
            logger.warning("could not %s", self._doing, exc_info=error)
        return True
