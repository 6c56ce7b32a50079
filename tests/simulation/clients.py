"""Backends and admins: they repeat what was answered and what was not, and change their minds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from functions.record_usage.service import RecordUsage
from shared.domain.calendar import MS_PER_DAY, utc_text
from shared.domain.errors import (
    ConflictRetryError,
    IdempotencyConflictError,
    TallyError,
    UnavailableError,
)
from shared.domain.fingerprint import members_of
from shared.domain.ids import transaction_id
from shared.domain.journal import Entry
from shared.domain.ledger import Movement
from shared.domain.usage import UsageLog
from shared.ports.ledger import Ledger
from shared.store.table import StoreUnavailableError
from tests.simulation.scheduler import Crash, Scheduler

Body = dict[str, Any]
Known = tuple[Mapping[str, str], UsageLog]
"""What was said of a log, and how it was acknowledged."""

PASSING: Final = (ConflictRetryError, UnavailableError, StoreUnavailableError)
USERS: Final = ("alice", "bob", "carol")
RETRY_SECONDS: Final = 0.3


@dataclass
class Instance:
    """One running copy of the functions that write."""

    record: RecordUsage
    ledger: Ledger


@dataclass
class Heard:
    """What clients were told: the truth that has to be in the table at the end."""

    logs: dict[tuple[str, str], Known] = field(default_factory=dict)
    moved: dict[tuple[str, str], Entry] = field(default_factory=dict)
    bodies: dict[tuple[str, str], Body] = field(default_factory=dict)

    def told(self, workspace_id: str, body: Body, log: UsageLog) -> None:
        """A log was acknowledged: every time with the same words."""
        key = workspace_id, log.log_id
        members = members_of(body, frozenset({"id"}))
        before = self.logs.setdefault(key, (members, log))
        assert before == (members, log), f"{key} was answered in two ways"
        self.bodies[key] = body

    @staticmethod
    def refused(workspace_id: str, body: Body, before: Known | None, error: TallyError) -> None:
        """A log was refused. One acknowledged before may only differ from what is now said of it."""
        if before is None:
            return
        same = before[0] == members_of(body, frozenset({"id"}))
        if same or not isinstance(error, IdempotencyConflictError):
            what = f"{workspace_id}/{body['id']}"
            raise AssertionError(
                f"{what} was acknowledged and is now refused: {error!r}"
            ) from error

    def posted(self, workspace_id: str, key: str, entry: Entry) -> None:
        """A movement was acknowledged."""
        before = self.moved.setdefault((workspace_id, key), entry)
        assert before == entry, f"{key} was answered in two ways"


class Client:
    """Somebody who works through a number of requests."""

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        random: Random,
        heard: Heard,
        workspaces: tuple[str, ...],
        new_instance: Callable[[], Instance],
    ) -> None:
        self._name = name
        self._scheduler = scheduler
        self._random = random
        self._heard = heard
        self._workspaces = workspaces
        self._new_instance = new_instance
        self._instance = new_instance()
        self._made = 0

    def run(self, requests: int) -> None:
        """Send them, one after the other."""
        self._scheduler.may_crash(0.01)
        kinds = (self._one, self._batch, self._wide, self._move, self._refund)
        for _ in range(requests):
            (kind,) = self._random.choices(kinds, weights=(50, 20, 2, 18, 10))
            kind()

    def _insist(self, ask: Callable[[], None]) -> None:
        """Repeat a request until it is answered for good, and now and then once more."""
        while True:
            try:
                ask()
            except Crash:
                self._instance = self._new_instance()
            except PASSING:
                self._rest()
            except TallyError:
                return
            else:
                if self._random.random() > 0.15:
                    return

    def _rest(self) -> None:
        try:
            self._scheduler.sleep(self._random.random() * RETRY_SECONDS)
        except Crash:
            self._instance = self._new_instance()

    def _one(self) -> None:
        workspace_id = self._random.choice(self._workspaces)
        body = self._body(workspace_id)

        def ask() -> None:
            before = self._heard.logs.get((workspace_id, body["id"]))
            try:
                recorded = self._instance.record.one(workspace_id, body, None)
            except PASSING:
                raise
            except TallyError as error:
                self._heard.refused(workspace_id, body, before, error)
                raise
            assert before is None or recorded.replayed
            self._heard.told(workspace_id, body, recorded.log)

        self._insist(ask)

    def _batch(self, rows: list[Body] | None = None, workspace_id: str = "") -> None:
        workspace_id = workspace_id or self._random.choice(self._workspaces)
        rows = rows or [self._body(workspace_id) for _ in range(self._random.randint(1, 12))]
        if self._random.random() < 0.3:
            rows.append(dict(self._random.choice(rows)))

        def ask() -> None:
            before = {row["id"]: self._heard.logs.get((workspace_id, row["id"])) for row in rows}
            outcomes = self._instance.record.many(workspace_id, rows, None)
            passing = None
            for row, (outcome, _) in zip(rows, outcomes, strict=True):
                known = before[row["id"]]
                if outcome.log is not None:
                    assert known is None or outcome.status == "replayed"
                    self._heard.told(workspace_id, row, outcome.log)
                    continue
                if isinstance(outcome.error, PASSING):
                    passing = outcome.error
                    continue
                assert outcome.error is not None
                self._heard.refused(workspace_id, row, known, outcome.error)
            if passing is not None:
                raise passing

        self._insist(ask)

    def _wide(self) -> None:
        workspace_id = self._random.choice(self._workspaces)
        user = self._random.choice(USERS)
        now_ms = self._scheduler.now_us // 1000
        rows = [
            self._new_body()
            | {
                "userId": user,
                "credits": 0,
                "occurredAt": utc_text(now_ms - day * MS_PER_DAY),
                "country": "KR",
                "platform": f"p{day % 7}",
            }
            for day in range(self._random.randint(20, 89))
        ]
        self._batch(rows, workspace_id)

    def _body(self, workspace_id: str) -> Body:
        """A body: mostly a new one, else one that was sent before, as it was or with a change."""
        sent = [body for (w, _), body in self._heard.bodies.items() if w == workspace_id]
        drawn = self._random.random()
        if sent and drawn < 0.12:
            return dict(self._random.choice(sent))
        if sent and drawn < 0.2:
            return self._random.choice(sent) | {"credits": self._random.randint(0, 9)}
        return self._new_body()

    def _new_body(self) -> Body:
        random = self._random
        self._made += 1
        body: Body = {
            "id": f"{self._name}-{self._made}",
            "userId": random.choice(USERS),
            "service": random.choice(("chat", "images")),
        }
        now_ms = self._scheduler.now_us // 1000
        ago_ms = random.choice(
            (0, 0, 0, -200_000, -299_000, -400_000, 3_600_000, 30 * MS_PER_DAY, 95 * MS_PER_DAY)
        )
        options: Body = {
            "model": "gpt-4o",
            "tokens": {"input": random.randint(0, 900), "output": random.randint(0, 90)},
            "credits": random.randint(0, 9),
            "status": random.choice(("success", "error")),
            "responseTimeMs": random.randint(0, 5000),
            "responseBytes": random.randint(0, 5000),
            "country": random.choice(("KR", "TH")),
            "platform": "web",
            "metadata": {"n": self._made},
            "occurredAt": utc_text(now_ms - ago_ms),
        }
        return body | {name: value for name, value in options.items() if random.random() < 0.5}

    def _move(self) -> None:
        amount = self._random.randint(1, 60)
        movement = self._random.choice(
            (
                Movement("credit", "purchase", amount, members={"/amount": str(amount)}),
                Movement("credit", "promo", amount, note="hello", members={"/amount": str(amount)}),
                Movement("debit", "adjustment", 3, note="sorry", members={"/amount": "3"}),
            )
        )
        self._post(movement)

    def _refund(self) -> None:
        logs = [log for _, log in self._heard.logs.values() if log.credits > 0]
        if not logs:
            return
        log = self._random.choice(logs)
        amount = self._random.randint(1, log.credits)
        refunded = transaction_id(log.account_id, log.seq)
        members = {"/amount": str(amount), "/refundOf": refunded}
        movement = Movement("credit", "refund", amount, refund_of=refunded, members=members)
        self._post(movement, log.workspace_id, log.account_id)

    def _post(self, movement: Movement, workspace_id: str = "", user_id: str = "") -> None:
        workspace_id = workspace_id or self._random.choice(self._workspaces)
        user_id = user_id or self._random.choice(USERS)
        self._made += 1
        key = f"{self._name}-key-{self._made}"

        def ask() -> None:
            known = (workspace_id, key) in self._heard.moved
            try:
                moved = self._instance.ledger.move(workspace_id, user_id, movement, key)
            except PASSING:
                raise
            except TallyError as error:
                if known:
                    raise AssertionError(
                        f"{key} was posted and is now refused: {error!r}"
                    ) from error
                raise
            assert moved.replayed or not known
            self._heard.posted(workspace_id, key, moved.entry)

        self._insist(ask)
