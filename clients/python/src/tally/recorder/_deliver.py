"""Sending rows, and telling what is final from what may succeed later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tally._call import Answer, Call, members_of
from tally._errors import (
    ApiError,
    RateLimitedError,
    TallyError,
    UnexpectedAnswerError,
    error_of,
)
from tally._operations.usage import batch_of
from tally._settings import repeatable
from tally._transport import Transport

FINAL: Final = frozenset({400, 402, 409, 413, 422})
"""Statuses that say something about what was sent. Others are about the way or the credential: those can
be mended, and the rows wait for that."""

TAKEN: Final = frozenset({"created", "replayed"})


@dataclass(slots=True)
class Outcome:
    """What became of rows. `again` may succeed later, because of `trouble` where there was any."""

    created: int = 0
    replayed: int = 0
    refused: list[tuple[bytes, TallyError]] = field(default_factory=list)
    again: list[bytes] = field(default_factory=list)
    trouble: TallyError | None = None

    @property
    def settled(self) -> int:
        """Rows that are done with."""
        return self.created + self.replayed + len(self.refused)


def deliver(transport: Transport, rows: Sequence[bytes]) -> Outcome:
    """Send rows once. Never raises an error of this package."""
    outcome = Outcome()
    _send(transport, list(rows), outcome)
    return outcome


def _send(transport: Transport, rows: list[bytes], outcome: Outcome) -> None:
    if outcome.trouble is not None:
        outcome.again += rows
        return
    try:
        results = transport.attempt(_call(rows))
    except TallyError as error:
        if not _is_final(error):
            outcome.trouble = error
            outcome.again += rows
        elif len(rows) == 1:
            outcome.refused.append((rows[0], error))
        else:
            # One of them spoils the request: halves find out which.
            middle = len(rows) // 2
            _send(transport, rows[:middle], outcome)
            _send(transport, rows[middle:], outcome)
        return
    for row, result in zip(rows, results, strict=True):
        _note(row, result, outcome)


def _note(row: bytes, result: Mapping[str, Any], outcome: Outcome) -> None:
    if result.get("status") == "created":
        outcome.created += 1
    elif result.get("status") == "replayed":
        outcome.replayed += 1
    else:
        error = _row_error(result)
        if repeatable(error) or isinstance(error, RateLimitedError):
            outcome.again.append(row)
        else:
            outcome.refused.append((row, error))


def _row_error(result: Mapping[str, Any]) -> ApiError:
    members = result.get("error")
    members = members if isinstance(members, Mapping) else {}
    status = members.get("status")
    return error_of(status if isinstance(status, int) else 0, members)


def _is_final(error: TallyError) -> bool:
    if isinstance(error, ApiError) and error.code == "limit_exceeded":
        return True
    return isinstance(error, ApiError) and error.status in FINAL


def _call(rows: list[bytes]) -> Call[list[Mapping[str, Any]]]:
    """A batch of which only the outcomes are read, so that nothing else can be in the way."""

    def read(answer: Answer) -> list[Mapping[str, Any]]:
        results = members_of(answer).get("results")
        if not isinstance(results, list) or len(results) != len(rows):
            raise UnexpectedAnswerError("the answer does not tell of every row")
        return list(_in_order(results))

    batch = batch_of(rows)
    return Call(batch.method, batch.path, read, content=batch.content)


def _in_order(results: list[Any]) -> Iterator[Mapping[str, Any]]:
    for index, result in enumerate(results):
        if not isinstance(result, Mapping) or result.get("index", index) != index:
            raise UnexpectedAnswerError("the answer does not tell of every row in order")
        yield result
