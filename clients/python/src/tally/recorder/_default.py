"""One recorder for the whole program: `tally.record(...)` from anywhere."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from tally._errors import ConfigurationError
from tally._ids import new_id
from tally._usage import Usage
from tally.recorder._recorder import Recorder

if TYPE_CHECKING:
    from typing_extensions import Unpack

logger = logging.getLogger("tally")

_making = threading.RLock()
_recorder: Recorder | None = None
_told = False


def configure(**settings: Any) -> Recorder:
    """Make the program's recorder, with the arguments of `Recorder`; the one before is closed.

    Raises:
        ConfigurationError: as `Recorder`.
    """
    global _recorder, _told  # noqa: PLW0603 - one for the program is the point
    made = Recorder(**settings)
    with _making:
        before, _recorder = _recorder, made
        _told = False
    if before is not None:
        before.close()
    return made


def _the_recorder() -> Recorder | None:
    global _recorder, _told  # noqa: PLW0603 - one for the program is the point
    with _making:
        if _recorder is None and not _told:
            try:
                _recorder = Recorder()
            except ConfigurationError as error:
                _told = True
                logger.warning("usage is not recorded: %s", error)
        return _recorder


def record(**usage: Unpack[Usage]) -> str:
    """Take the usage of one request, by the program's recorder; returns its id.

    Without `configure`, the environment says where and with which key. Never raises; where there is no
    key, a warning says once that nothing is recorded.
    """
    recorder = _the_recorder()
    if recorder is not None:
        return recorder.record(**usage)
    given = usage.get("id")
    return given if isinstance(given, str) else new_id()


def flush(timeout: float | None = None) -> bool:
    """Send now what the program's recorder holds; returns whether all of it is settled."""
    return _recorder is None or _recorder.flush(timeout)
