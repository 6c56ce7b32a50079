"""A workspace's books over a table in memory, kept by as many instances of the service as wanted."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.fingerprint import members_of
from shared.domain.head import Head
from shared.domain.journal import verify
from shared.domain.ledger import Movement
from shared.domain.usage import Usage
from shared.domain.workspace import Workspace
from shared.ports.ledger import Outcome
from shared.store.accounts import DynamoAccounts
from shared.store.ledger import DynamoLedger
from shared.store.schema import split_account_pk
from shared.store.workspaces import DynamoWorkspaces
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.table import FakeTable

W = "acme"


class Books:
    """A workspace over a fake table, with as many ledgers (instances of the service) as wanted."""

    def __init__(self, **settings: object) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.accounts = DynamoAccounts(self.table)
        workspace = Workspace(W, "Acme", b"s" * 32, START_MS, **settings)  # type: ignore[arg-type]
        DynamoWorkspaces(self.table).create(workspace)
        self.ledger = DynamoLedger(self.table, self.clock)

    def buy(self, amount: int, user: str = "alice") -> None:
        self.ledger.move(W, user, Movement("credit", "purchase", amount), None)

    def record(self, *rows: Usage) -> list[Outcome]:
        return self.ledger.record(W, rows).outcomes

    def head(self, user: str = "alice") -> Head:
        heads = [item for item in self.table.items() if item["sk"] == "HEAD"]
        for item in heads:
            _, account_id = split_account_pk(str(item["pk"]))
            if self.user_of(account_id) == user:
                head = self.accounts.head(W, account_id)
                assert head is not None
                return head
        raise AssertionError(f"{user} has no account")

    def user_of(self, account_id: str) -> object:
        found = [i for i in self.table.items() if "#DIR#" in str(i["pk"]) and i["sk"] == account_id]
        return found[0]["uid"]

    def assert_sound(self, user: str = "alice") -> None:
        """The journal is gapless, proves itself and ends in the head."""
        head = self.head(user)
        found = verify(self.accounts.readable_entries(W, head.account_id, 1))
        assert found.first_bad_seq is None
        assert (found.entries, found.balance, found.head_hash) == (
            head.seq,
            head.balance,
            head.hash,
        )

    def log_count(self) -> int:
        return sum(item["sk"] == "LOG" for item in self.table.items())


def a_row(log_id: str, credits: int = 3, user: str = "alice", **members: object) -> Usage:
    body = {"userId": user, "service": "chat", "credits": credits, **members}
    return Usage(
        log_id=log_id,
        user_id=user,
        service="chat",
        provider="chat",
        model=None,
        tokens=None,
        credits=credits,
        cost_picos=None,
        failed=False,
        error_code=None,
        response_time_ms=None,
        response_bytes=None,
        country=None,
        platform=None,
        request_id=None,
        metadata=None,
        occurred_ms=None,
        members=members_of(body),
    )


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def code(outcome: Outcome) -> str:
    assert outcome.error is not None
    return outcome.error.code
