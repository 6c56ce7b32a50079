"""Queues of jobs: messages come once or more often, late, and in the end lie among the dead letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulation.scheduler import Crash
from tests.simulation.stage import Stage

MAX_RECEIVES: Final = 3
HIDDEN_SECONDS: Final = 20.0
"""How long a message of a worker that died stays away."""

LONG_HIDDEN_SECONDS: Final = 960.0
"""As it is in earnest: longer than any worker lives."""

LOST: Final = 0.25
DIES: Final = 0.25
"""Where things get lost: how often a message does, and how often who wants to send one dies just before."""

HELD_UP: Final = 0.5
LONGEST_SECONDS: Final = 780.0
"""How often a slow worker stands still in the middle of a job, and how long at most."""

PLENTY_MS: Final = 900_000
POLL_SECONDS: Final = 1.0


@dataclass
class Message:
    """One message, and when it can be taken next."""

    body: dict[str, Any]
    due_us: int
    receives: int = 0
    handle: str = ""


@dataclass
class JobQueue:
    """A queue. Sending to it is a call like any other: it may fail, before or after."""

    stage: Stage
    messages: list[Message] = field(default_factory=list)
    taken: int = 0
    hidden_s: float = HIDDEN_SECONDS
    at_work: int = 0
    dead: list[Message] = field(default_factory=list)

    def send(self, message: Mapping[str, str | int], delay_s: int = 0) -> None:
        """Put a message into the queue, to be taken after some seconds."""
        lossy = self.stage.lossy
        with self.stage.call("The queue did not answer.", DIES if lossy else 0.0):
            due_us = self.stage.scheduler.now_us + delay_s * 1_000_000
            if lossy and not self.stage.weather.calm and self.stage.chance(LOST):
                self.stage.sights.saw("message lost")
                return
            self.messages.append(Message(dict(message), due_us))

    def retry_in(self, receipt_handle: str, seconds: int) -> None:
        """Have a taken message come again after some seconds."""
        with self.stage.call("The queue did not answer."):
            for message in self.messages:
                if message.handle == receipt_handle:
                    message.due_us = self.stage.scheduler.now_us + seconds * 1_000_000

    def work(
        self,
        new_worker: Callable[[], Callable[[Message], None]],
        ended: Callable[[], bool],
        poll_seconds: float = POLL_SECONDS,
        *,
        slow: bool = False,
    ) -> None:
        """Take messages, one at a time, until nothing can come any more.

        Whoever is `slow` stands still for minutes now and then.
        """
        self.stage.scheduler.may_crash(0.006)
        while self.messages or not ended():
            message = self._next()
            try:
                if message is None:
                    self.stage.scheduler.sleep(poll_seconds)
                    continue
                self.at_work += 1
                if slow and self.stage.chance(HELD_UP):
                    steps = self.stage.random.randint(1, 30)
                    self.stage.scheduler.linger(steps, LONGEST_SECONDS * self.stage.random.random())
                    self.stage.sights.saw("held up")
                new_worker()(message)
            except Crash:
                self.stage.sights.saw("death")
            except Exception:  # noqa: BLE001, S112 - the message stays, and comes again
                continue
            else:
                self.messages.remove(message)
            finally:
                self.at_work -= int(message is not None)

    def put_back(self) -> None:
        """Put the dead letters back by hand."""
        for message in self.dead:
            self.stage.sights.saw("dead letter")
            self.messages.append(Message(message.body, self.stage.scheduler.now_us))
        self.dead.clear()

    def _next(self) -> Message | None:
        now_us = self.stage.scheduler.now_us
        due = [message for message in self.messages if message.due_us <= now_us]
        if not due:
            return None
        message = self.stage.random.choice(due)
        if message.receives >= MAX_RECEIVES:
            self.messages.remove(message)
            self.dead.append(message)
            return None
        message.receives += 1
        self.taken += 1
        message.handle = f"receipt-{self.taken}"
        message.due_us = now_us + round(self.hidden_s * 1_000_000)
        self.stage.sights.saw("message again", message.receives > 1)
        return message
