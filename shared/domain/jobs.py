"""Long work that goes on as jobs: what is under way, and what to do once nobody is at it any more. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from shared.domain.calendar import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE

JobKind = Literal["erasure", "export", "repricing"]
NextStep = Literal["wait", "send", "fail"]

SILENCE_MS: Final = 20 * MS_PER_MINUTE
"""Who is at work writes down how far it is; an invocation lasts fifteen minutes, and a message whose taker
died is back after sixteen. What has been silent for longer has neither."""

LONGEST_SILENCE_MS: Final = MS_PER_DAY
"""An erasure that fails each time is tried again at least once a day: there is a legal term."""

MAX_TRIES: Final = 3
"""Tries of an export: as many as the queue makes before it gives a message up."""

GIVEN_UP_MS: Final = MS_PER_HOUR
"""A repricing has a message before it is begun. When it is silent for so long, all tries of it have died."""


@dataclass(frozen=True, slots=True)
class LongJob:
    """Work under way.

    `attempt` counts who took it on, `sent_again` the messages sent since the last sign of life. What is
    sent again is another such sign, at `updated_ms`.
    """

    kind: JobKind
    workspace_id: str
    job_id: str
    started_ms: int
    updated_ms: int
    attempt: int = 0
    sent_again: int = 0

    def next_step(self, now_ms: int) -> NextStep:
        """What is to be done about it.

        An erasure is sent on its way until it is done, each time after twice the silence. An export is,
        until it was tried often enough; its user can ask anew. A repricing that died for good is failed: it
        stands where it was, and whoever puts its message back has it go on.
        """
        silence_ms = now_ms - self.updated_ms
        if self.kind == "repricing":
            return "fail" if silence_ms >= GIVEN_UP_MS else "wait"
        if self.kind == "export":
            if silence_ms < SILENCE_MS:
                return "wait"
            return "send" if self.attempt + self.sent_again < MAX_TRIES else "fail"
        patience_ms = min(SILENCE_MS << min(self.sent_again, 8), LONGEST_SILENCE_MS)
        return "send" if silence_ms >= patience_ms else "wait"
