"""Recording in the background: the caller hands over and goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tally._client import Tally
from tally._errors import InvalidUsageError
from tally._ids import new_id
from tally._rows import row_of, written
from tally._settings import Settings
from tally._transport import Transport
from tally._usage import Usage
from tally.recorder._courier import Courier
from tally.recorder._terms import (
    EXIT_SECONDS,
    MAX_BATCH,
    MAX_JOURNAL_BYTES,
    MAX_QUEUE,
    MAX_WAIT,
    Counters,
    Limits,
    Policy,
    Refusal,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("tally")


class Recorder:
    """Takes usage at once and sends it in the background, in batches, as often as it needs.

        recorder = tally.Recorder(journal=Path("/var/lib/app/tally"))
        recorder.record(user_id="alice", service="chat", model="gpt-5.4-mini", tokens=1500)

    `client` is a `Tally` whose address and key are used (default: the environment's). A batch goes as
    soon as `max_batch` events wait, or one has waited `max_wait` seconds.

    `policy` says what happens when `max_queue` events wait: `drop_oldest` forgets the oldest, `block` makes
    `record` wait, `spill` lets the journal grow up to `max_journal_bytes`, then forgets its oldest part.

    With a `journal` (a folder, for one workspace alone) events are on disk before `record` returns. They
    survive `kill -9` and are sent by the next recorder with that folder, under the same ids. Several
    processes may share it.

    `on_refused` is called, in the background, with each `Refusal`. Events that are no usage are refused,
    too; `strict` raises `InvalidUsageError` for them instead, the one thing `record` ever raises.

    Raises:
        ConfigurationError: key or address are missing, or settings contradict each other.
        OSError: the journal's folder can't be made.
    """

    def __init__(
        self,
        client: Tally | None = None,
        *,
        max_queue: int = MAX_QUEUE,
        max_batch: int = MAX_BATCH,
        max_wait: float = MAX_WAIT,
        policy: Policy = "drop_oldest",
        journal: str | Path | None = None,
        max_journal_bytes: int = MAX_JOURNAL_BYTES,
        on_refused: Callable[[Refusal], object] | None = None,
        strict: bool = False,
    ) -> None:
        limits = Limits(
            max_queue=max_queue,
            max_batch=max_batch,
            max_wait=max_wait,
            policy=policy,
            journal=None if journal is None else Path(journal),
            max_journal_bytes=max_journal_bytes,
        )
        given = client._transport if client is not None else Transport(Settings.read())  # noqa: SLF001 - one package
        self._courier = Courier(given, limits, on_refused)
        self._strict = strict

    def record(self, **usage: Unpack[Usage]) -> str:
        """Take the usage of one request; returns its id. Never raises (unless `strict`).

        It happened now unless `occurred_at` says otherwise. Waits only under the policy `block`.
        """
        try:
            row = row_of(usage, datetime.now(timezone.utc))
            log_id: str = row["id"]
            text = written(row)
        except InvalidUsageError as error:
            if self._strict:
                raise
            return self._refuse_at_once(usage, error)
        except Exception as error:  # noqa: BLE001 - the caller's flow goes first
            return self._refuse_at_once(usage, InvalidUsageError("", repr(error)))
        try:
            self._courier.put(text)
        except Exception:
            self._courier.drop(1, "it could not be queued")
            logger.exception("usage %s was not queued", log_id)
        return log_id

    def _refuse_at_once(self, usage: Mapping[str, Any], error: InvalidUsageError) -> str:
        given = usage.get("id")
        log_id = given if isinstance(given, str) else new_id()
        self._courier.refuse(Refusal(log_id, dict(usage), error))
        return log_id

    @property
    def stats(self) -> Counters:
        """What became of the events so far."""
        return self._courier.stats

    def flush(self, timeout: float | None = None) -> bool:
        """Send now what was recorded before; wait for it at most `timeout` seconds.

        Returns:
            Whether all of it is settled. What is not stays queued.
        """
        try:
            return self._courier.flush(timeout)
        except Exception:
            logger.exception("usage could not be flushed")
            return False

    def flush_after(self, function: Callable[P, R], timeout: float = 2.0) -> Callable[P, R]:
        """Wrap a function so that its usage is sent before it returns.

        For places that freeze the process between calls, such as a Lambda handler. At most `timeout`
        seconds are added; what is not sent by then waits for the next call (or, with a journal, on disk).
        """

        @wraps(function)
        def flushed(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            finally:
                self.flush(timeout)

        return flushed

    def close(self, timeout: float = EXIT_SECONDS) -> bool:
        """Flush for at most `timeout` seconds and stop. With a journal, the rest stays on disk.

        Returns:
            Whether everything was settled.
        """
        return self._courier.close(timeout)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
