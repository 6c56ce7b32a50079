"""The half of a recorder that works in the background: a thread that sends what waits."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Final

from tally._json import loads
from tally._settings import LONGEST_PAUSE, pause, repeatable, retry_after_of
from tally._transport import Transport
from tally.recorder._backlog import Backlog, JournalBacklog, MemoryBacklog
from tally.recorder._deliver import Outcome, deliver
from tally.recorder._terms import (
    ADOPT_SECONDS,
    EXIT_SECONDS,
    HURRIED_WAIT,
    LONGEST_WAIT,
    SYNC_SECONDS,
    Counters,
    Limits,
    Refusal,
)

SHORTEST_JOIN: Final = 0.1
"""Seconds that a thread with nothing to do needs to end."""

logger = logging.getLogger("tally")


class Courier:
    """Holds what waits and sends it; every counter is its own. Nothing it does raises."""

    def __init__(
        self,
        transport: Transport,
        limits: Limits,
        on_refused: Callable[[Refusal], object] | None,
    ) -> None:
        self._given = transport
        self._settings = transport.settings
        self._limits: Final = limits
        self._on_refused = on_refused
        self._told: set[str] = set()
        self._begin()
        self._open_journal()
        _living.add(self)

    def _begin(self) -> None:
        """A new life, with nothing in it: at the start, and in a forked child."""
        self._change = threading.Condition(threading.RLock())
        self._pumping = threading.Lock()
        self._thread: threading.Thread | None = None
        self._transport = Transport(self._settings, self._given.given)
        self._owner = os.getpid()
        self._closed = False
        self._recorded = self._adopted = 0
        self._sent = self._replayed = self._dropped = self._refused = self._retrying = 0
        self._failures = self._hurried = 0
        self._due: float | None = None
        self._rest_until = self._asked_until = 0.0
        self._synced = self._looked = self._monotonic()
        self._backlog: Backlog = MemoryBacklog(self._limits.max_queue)
        self._journal_is_open = self._limits.journal is None

    def _open_journal(self) -> None:
        """Begin to write to disk, and take over what is left there."""
        if self._limits.journal is None:
            return
        self._journal_is_open = True
        rows = self._limits.max_queue if self._limits.policy == "drop_oldest" else None
        self._backlog = JournalBacklog(
            self._limits.journal, rows, self._limits.max_journal_bytes, self._limits.max_queue
        )
        self._adopt()

    def _adopt(self) -> None:
        # Looking through the files of others may take a while: nobody waits for it.
        found = self._backlog.adopt()
        if found:
            with self._change:
                self._adopted += found
                self._due = self._monotonic()
                if self._thread is None:
                    self._start()

    def _monotonic(self) -> float:
        return self._settings.runtime.monotonic()

    def put(self, text: bytes) -> None:
        """Take a row. Waits where the policy says so."""
        with self._change:
            self._recorded += 1
            if not self._journal_is_open and not self._closed:
                self._open_journal()
            if self._limits.policy == "block" and threading.current_thread() is not self._thread:
                self._await_room()
            if self._closed:
                self.drop(1, "the recorder is closed")
                return
            forgotten = self._backlog.put(text)
            if forgotten:
                self.drop(forgotten, "too many wait")
            if self._thread is None:
                self._start()
            if self._due is None:
                self._due = self._monotonic() + self._limits.max_wait
                self._change.notify_all()
            elif len(self._backlog) == self._limits.max_batch:
                self._change.notify_all()

    def _await_room(self) -> None:
        def room() -> bool:
            return self._closed or not (
                self._backlog.full or len(self._backlog) >= self._limits.max_queue
            )

        if not room():
            if self._thread is None:
                self._start()
            self._change.wait_for(room)

    def refuse(self, refusal: Refusal) -> None:
        """Count what is no usage, and tell."""
        with self._change:
            self._recorded += 1
            self._refused += 1
        self._report(refusal)

    def drop(self, count: int, why: str) -> None:
        """Count what is lost."""
        with self._change:
            self._dropped += count
        self._tell(why, "usage is dropped: %s", why)

    def _tell(self, about: str, message: str, *arguments: object) -> None:
        """Log a warning the first time, then for those who look."""
        level = logging.DEBUG if about in self._told else logging.WARNING
        self._told.add(about)
        logger.log(level, message, *arguments)

    def _report(self, refusal: Refusal) -> None:
        kind = getattr(refusal.error, "code", "invalid")
        self._tell(kind, "usage %s is refused: %s", refusal.id, refusal.error)
        if self._on_refused is None:
            return
        try:
            self._on_refused(refusal)
        except Exception:
            logger.exception("on_refused raised")

    def _start(self) -> None:
        """Start the thread that sends. At the very end of a program there is none any more."""
        thread = threading.Thread(target=self._run, name="tally-recorder", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return
        self._thread = thread
        _close_with_worker(self)

    def _run(self) -> None:
        change = self._change
        while True:
            with change:
                change.wait_for(self._is_due, self._idle())
                if self._closed:
                    return
                due = self._is_due()
            self._turn(due=due)

    def _is_due(self) -> bool:
        """Whether there is something to send now (or nothing ever more)."""
        if self._closed:
            return True
        now = self._monotonic()
        if not len(self._backlog) or now < max(self._rest_until, self._asked_until):
            return False
        full = self._hurried or len(self._backlog) >= self._limits.max_batch
        return bool(full) or (self._due is not None and now >= self._due)

    def _idle(self) -> float:
        """Seconds until something is to be done even if nothing comes in."""
        times = [self._looked + ADOPT_SECONDS]
        if len(self._backlog):
            ready = max(self._rest_until, self._asked_until)
            at_once = self._hurried or len(self._backlog) >= self._limits.max_batch
            times += [
                self._synced + SYNC_SECONDS,
                ready if at_once else max(self._due or 0.0, ready),
            ]
        return max(0.0, min(times) - self._monotonic())

    def _turn(self, *, due: bool) -> None:
        """Do what is to be done. Never raises."""
        try:
            with self._pumping:
                self._keep_house()
                if due:
                    self._send()
        except Exception:
            logger.exception("usage could not be sent; it stays queued")
            self._rest_until = self._monotonic() + LONGEST_WAIT

    def _keep_house(self) -> None:
        now = self._monotonic()
        if now - self._synced >= SYNC_SECONDS:
            self._synced = now
            self._backlog.sync()
        if now - self._looked >= ADOPT_SECONDS:
            self._looked = now
            self._adopt()

    def _send(self) -> None:
        """Send a batch."""
        with self._change:
            trimmed = self._backlog.trim()
            if trimmed:
                self.drop(trimmed, "too many wait")
        rows = self._backlog.take(self._limits.max_batch)
        if not rows:
            with self._change:
                self._due = None
            return
        outcome = deliver(self._transport, rows)
        for row, error in outcome.refused:
            usage = loads(row)
            self._report(Refusal(usage["id"], usage, error))
        self._settle(outcome)
        self._rest(outcome)

    def _settle(self, outcome: Outcome) -> None:
        """Count what is done with; what may succeed later waits again, at its end of the queue."""
        with self._change:
            if outcome.settled:
                # Put back first: a death in between sends twice, under one id, and loses nothing.
                for row in outcome.again:
                    self._dropped += self._backlog.put(row)
                self._backlog.settle()
            self._sent += outcome.created
            self._replayed += outcome.replayed
            self._refused += len(outcome.refused)
            self._retrying = len(outcome.again)
            wait = 0.0 if outcome.again else self._limits.max_wait
            self._due = self._monotonic() + wait if len(self._backlog) else None
            self._change.notify_all()

    def _rest(self, outcome: Outcome) -> None:
        """Wait before the next try where the last one failed."""
        if not outcome.again:
            self._failures = 0
            return
        trouble = outcome.trouble
        if trouble is not None:
            self._tell(type(trouble).__name__, "usage waits: %s", trouble)
        if outcome.settled:
            self._failures = 0
        longest = LONGEST_PAUSE if trouble is None or repeatable(trouble) else LONGEST_WAIT
        if self._hurried:
            longest = HURRIED_WAIT
        asked = None if trouble is None else retry_after_of(trouble)
        wait = pause(self._failures, self._settings.runtime.random(), asked, longest)
        self._failures += 1
        now = self._monotonic()
        self._rest_until = now if asked else now + wait
        self._asked_until = now + wait if asked else now

    def _settled(self, target: int) -> bool:
        done = self._sent + self._replayed + self._dropped + self._refused
        return done >= target or not len(self._backlog)

    def _flush_here(self, target: int, deadline: float | None) -> bool:
        """Without a thread: at the end of a program none can be started."""
        while not self._settled(target):
            self._turn(due=True)
            now = self._monotonic()
            ready = max(self._rest_until, self._asked_until, now)
            if deadline is not None and ready >= deadline:
                break
            self._settings.runtime.sleep(ready - now)
        return self._settled(target)

    @property
    def stats(self) -> Counters:
        """Every counter."""
        with self._change:
            return Counters(
                recorded=self._recorded,
                queued=len(self._backlog),
                sent=self._sent,
                replayed=self._replayed,
                dropped=self._dropped,
                refused=self._refused,
                retrying=self._retrying,
                adopted=self._adopted,
                damaged=self._backlog.damaged,
            )

    def flush(self, timeout: float | None) -> bool:
        """Send what is there by now; returns whether all of it is settled in time."""
        if threading.current_thread() is self._thread:
            # A callback asks, in the midst of sending: it would wait for itself.
            return not len(self._backlog)
        deadline = None if timeout is None else self._monotonic() + timeout
        with self._change:
            target = self._recorded + self._adopted
            if self._thread is None and len(self._backlog):
                self._start()
            self._hurried += 1
            self._rest_until = 0.0
            self._change.notify_all()
        try:
            if self._thread is None or not self._thread.is_alive():
                return self._flush_here(target, deadline)
            with self._change:
                left = None if deadline is None else max(0.0, deadline - self._monotonic())
                return self._change.wait_for(lambda: self._settled(target), left)
        finally:
            with self._change:
                self._hurried -= 1

    def close(self, timeout: float) -> bool:
        """Flush for at most `timeout` seconds and stop. With a journal, the rest stays on disk.

        Returns:
            Whether everything was settled.
        """
        if self._owner != os.getpid():
            return False
        with self._change:
            if self._closed:
                return not len(self._backlog)
        deadline = self._monotonic() + timeout
        flushed = self.flush(timeout)
        with self._change:
            self._closed = True
            self._change.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(deadline - self._monotonic(), SHORTEST_JOIN))
        try:
            self._transport.close()
            lost = self._backlog.close()
        except Exception:
            logger.exception("the recorder did not close well")
            return False
        if lost:
            self.drop(lost, "the program ends")
        return flushed

    def after_fork(self) -> None:
        """In the child: what waits is the parent's to send."""
        closed = self._closed
        self._backlog.abandon()
        self._begin()
        self._closed = closed


_living: weakref.WeakSet[Courier] = weakref.WeakSet()


def _close_all() -> None:
    for courier in list(_living):
        courier.close(EXIT_SECONDS)


def _close_with_worker(courier: Courier) -> None:
    """Workers of multiprocessing end without atexit; they have a registry of their own."""
    util = sys.modules.get("multiprocessing.util")
    process = sys.modules.get("multiprocessing.process")
    if util is not None and process is not None and process.parent_process() is not None:
        util.Finalize(courier, courier.close, (EXIT_SECONDS,), exitpriority=0)


def _after_fork() -> None:
    for courier in list(_living):
        courier.after_fork()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
