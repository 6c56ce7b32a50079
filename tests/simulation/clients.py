"""Backends: they repeat what was answered and what was not, and change their minds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from functions.record_usage.service import RecordUsage
from shared.domain.calendar import MS_PER_DAY, parse_timestamp, utc_text
from shared.domain.errors import (
    EventInFutureError,
    EventTooOldError,
    InsufficientCreditsError,
    LimitExceededError,
    TallyError,
)
from shared.domain.head import Head
from shared.domain.ids import transaction_id
from shared.domain.ledger import FUTURE_TOLERANCE_MS, MAX_LOGS_PER_COMMIT, Movement
from shared.domain.usage import UsageLog
from shared.ports.ledger import Ledger
from tests.simulation.asked import moved_as_asked, recorded_as_asked
from tests.simulation.heard import Body, Heard, Refusal
from tests.simulation.plan import STRICT, Plan
from tests.simulation.stage import PASSING, Stage

USERS: Final = ("alice", "bob", "carol")
REFUSALS: Final[dict[type[TallyError], str]] = {
    EventTooOldError: "too old",
    EventInFutureError: "in the future",
    InsufficientCreditsError: "no credits",
}
MS_PER_MINUTE: Final = 60_000
KEPT_MS: Final = 92 * MS_PER_DAY
LONGEST_MS: Final = 60_000
"""A request is judged by an instance's clock at some time while it is under way: no more than this ago."""

PRICED: Final = 0.6
"""How often usage is of the kind whose price changes, where prices do."""

TWICE: Final = 0.15
"""How often a request is sent once more although it was answered."""


@dataclass
class Instance:
    """One running copy of the functions that write."""

    record: RecordUsage
    ledger: Ledger


class Client:
    """Somebody who works through a number of requests."""

    def __init__(
        self,
        name: str,
        stage: Stage,
        heard: Heard,
        plan: Plan,
        new_instance: Callable[[], Instance],
    ) -> None:
        self._name = name
        self._stage = stage
        self._random = stage.random
        self._heard = heard
        self._plan = plan
        self._new_instance = new_instance
        self._instance = new_instance()
        self._flat = "repricing" not in plan.features
        self._made = 0

    def run(self, requests: int) -> None:
        """Send them, one after the other."""
        self._stage.scheduler.may_crash(0.01)
        kinds = (self._one, self._batch, self._wide, self._move, self._refund)
        wide = 12 if "wide" in self._plan.features else 0
        for _ in range(requests):
            (kind,) = self._random.choices(kinds, weights=(50, 20, wide, 18, 10))
            kind()

    def _insist(self, ask: Callable[[], None]) -> None:
        self._stage.insist(self._reborn, ask, TWICE)

    def _reborn(self) -> None:
        self._instance = self._new_instance()

    def _workspace(self) -> str:
        return self._random.choice(self._stage.workspaces)

    def _one(self) -> None:
        workspace_id = self._workspace()
        body = self._body(workspace_id)

        def ask() -> None:
            before = self._heard.logs.get((workspace_id, body["id"]))
            first, asked = self._first(workspace_id, body["id"]), self._stage.table.changed
            try:
                recorded = self._instance.record.one(workspace_id, body, None)
            except PASSING:
                raise
            except TallyError as error:
                self._refused(workspace_id, body, before is not None, error, asked)
                self._heard.refused(workspace_id, body, before, error)
                raise
            assert before is None or recorded.replayed
            assert not (first and recorded.replayed), f"{body['id']} is new, and told as a repeat"
            if recorded.replayed:
                self._repeated(recorded.log, recorded.head)
            self._told(workspace_id, body, recorded.log)

        self._insist(ask)

    def _first(self, workspace_id: str, key: str) -> bool:
        return self._heard.first(workspace_id, key, self._now_ms)

    @property
    def _now_ms(self) -> int:
        return self._stage.scheduler.now_us // 1000

    def _told(self, workspace_id: str, body: Body, log: UsageLog) -> None:
        self._heard.told(workspace_id, body, log)
        sent_ms = self._heard.sent[workspace_id, log.log_id]
        recorded_as_asked(body, log, sent_ms, self._now_ms, flat=self._flat)
        self._heard.belongs(log.workspace_id, log.account_id, body["userId"])
        assert (log.workspace_id, log.log_id) == (workspace_id, body["id"]), f"6: {log}"
        self._stage.sights.saw("ahead", log.occurred_ms - log.created_ms > MS_PER_MINUTE)

    def _refused(
        self, workspace_id: str, body: Body, known: bool, error: TallyError, asked: int
    ) -> None:
        """Note a refusal of a new row."""
        if isinstance(error, LimitExceededError):
            threshold_id = str(error.members["thresholdId"])
            self._heard.refusals.append(Refusal(workspace_id, threshold_id, body, asked))
            self._stage.sights.saw("budget reached" if "budget" in str(error) else "limit reached")
        elif not known and type(error) in REFUSALS:
            self._stage.sights.saw(REFUSALS[type(error)])
            self._rightly(workspace_id, body, error)

    def _rightly(self, workspace_id: str, body: Body, error: TallyError) -> None:
        """Whether a new row may be refused so: for its date by any instance's clock, or for its price."""
        now_ms = self._now_ms
        at_ms = parse_timestamp(body["occurredAt"]) if "occurredAt" in body else now_ms
        if isinstance(error, EventInFutureError):
            assert at_ms > now_ms + FUTURE_TOLERANCE_MS - LONGEST_MS, f"{body} is not too early"
        elif isinstance(error, EventTooOldError):
            assert at_ms < now_ms - KEPT_MS + LONGEST_MS, f"{body} is not too old"
        else:
            assert workspace_id == STRICT, f"5: {workspace_id} does not enforce balances"
            assert body.get("credits") != 0, "5: what costs nothing was refused for lack of credits"

    def _repeated(self, log: UsageLog, head: Head) -> None:
        self._stage.sights.saw("repeat")
        self._stage.sights.saw("repeat without credits", head.balance < log.credits)

    def _batch(self, rows: list[Body] | None = None, workspace_id: str = "") -> None:
        workspace_id = workspace_id or self._workspace()
        rows = rows or [self._body(workspace_id) for _ in range(self._random.randint(1, 12))]
        if self._random.random() < 0.3:
            rows.append(dict(self._random.choice(rows)))

        def ask() -> None:
            before = {row["id"]: self._heard.logs.get((workspace_id, row["id"])) for row in rows}
            asked = self._stage.table.changed
            new = {row["id"] for row in rows if self._first(workspace_id, row["id"])}
            outcomes = self._instance.record.many(workspace_id, rows, None)
            passing = None
            for row, (outcome, _) in zip(rows, outcomes, strict=True):
                known = before[row["id"]]
                if outcome.log is not None:
                    assert known is None or outcome.status == "replayed"
                    assert outcome.status == "created" or row["id"] not in new, f"{row} is new"
                    new.discard(row["id"])
                    self._told(workspace_id, row, outcome.log)
                    continue
                if isinstance(outcome.error, PASSING):
                    passing = outcome.error
                    continue
                assert outcome.error is not None
                self._refused(workspace_id, row, known is not None, outcome.error, asked)
                self._heard.refused(workspace_id, row, known, outcome.error)
            if passing is not None:
                raise passing

        self._insist(ask)

    def _wide(self) -> None:
        """A batch of many days, or of few on which everything else is different."""
        workspace_id = self._workspace()
        user = self._random.choice(USERS)
        now_ms = self._now_ms
        days = self._random.choice((1, 3, 20, 90))
        rows = [
            self._new_body()
            | {
                "userId": user,
                "credits": 0,
                "occurredAt": utc_text(now_ms - number % days * MS_PER_DAY),
                "country": "KTJP"[number % 4] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number // 4],
                "platform": f"p{number}",
            }
            for number in range(self._random.choice((20, 45, 60, MAX_LOGS_PER_COMMIT)))
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
        now_ms = self._now_ms
        ago_ms = random.choice(
            (0, 0, 0, -200_000, -290_000, -400_000, 3_600_000, 30 * MS_PER_DAY, 95 * MS_PER_DAY)
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
        told = {name: value for name, value in options.items() if random.random() < 0.5}
        if not self._flat and random.random() < PRICED:
            told |= {"service": "chat", "model": options["model"], "tokens": options["tokens"]}
            told.pop("credits", None)
        return body | told

    def _move(self) -> None:
        amount, less = self._random.randint(1, 60), self._random.choice((1, 1, 3, 9))
        movement = self._random.choice(
            (
                Movement("credit", "purchase", amount, members={"/amount": str(amount)}),
                Movement("credit", "promo", amount, note="hello", members={"/amount": str(amount)}),
                Movement("debit", "adjustment", less, note="sorry", members={"/amount": str(less)}),
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
        workspace_id = workspace_id or self._workspace()
        user_id = user_id or self._random.choice(USERS)
        self._made += 1
        key = f"{self._name}-key-{self._made}"

        def ask() -> None:
            known = (workspace_id, key) in self._heard.moved
            first = self._first(workspace_id, key)
            try:
                moved = self._instance.ledger.move(workspace_id, user_id, movement, key)
            except PASSING:
                raise
            except TallyError as error:
                self._heard.not_posted(workspace_id, key, error)
                raise
            assert moved.replayed or not known
            assert not (first and moved.replayed), f"{key} is new, and told as a repeat"
            self._stage.sights.saw("repeat of a movement", moved.replayed)
            moved_as_asked(movement, moved.entry, self._heard.sent[workspace_id, key], self._now_ms)
            if user_id != moved.entry.account_id:
                self._heard.belongs(workspace_id, moved.entry.account_id, user_id)
            self._heard.posted(workspace_id, key, moved.entry)

        self._insist(ask)
