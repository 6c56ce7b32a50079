"""The stream's function through its handler, on moto (STA-4, STA-5, OPS-4)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import pytest

from functions.aggregate.handler import handler as aggregate
from functions.record_usage.handler import handler as record
from functions.transactions.handler import handler as transactions
from shared.adapters.clock import SystemClock
from shared.domain.calendar import MS_PER_DAY, utc_text
from shared.domain.cells import DAY_TOTAL
from shared.domain.errors import ConflictRetryError
from shared.domain.folding import PART_CELLS
from shared.domain.ids import account_id_of
from shared.domain.journal import Entry
from shared.domain.workspace import RETIRED_FOR_MS
from shared.store.accounts import DynamoAccounts
from shared.store.cells import DynamoCells
from shared.store.dynamo import DynamoTable
from shared.store.generations import DynamoGenerations
from shared.store.items import entry_item
from shared.store.schema import parked_key, workspace_key
from shared.store.table import Delete, Put
from tests.client import Answer
from tests.factories import LambdaContext, records_event
from tests.fakes.stream import stream_record
from tests.folding import private_cells, private_fold, shared_cells, shared_fold
from tests.integration.backend import Backend

USERS = ("alice", "bob")


@pytest.fixture
def shop(moto_table: DynamoTable) -> Backend:
    return Backend(moto_table, enforce_credits=False)


@pytest.fixture
def parked(aws: None) -> str:
    """The queue of parked accounts."""
    queue = boto3.client("sqs").create_queue(QueueName="tally-test-parked")
    assert queue["QueueUrl"] == os.environ["PARKED_QUEUE_URL"]
    return queue["QueueUrl"]


def messages(url: str) -> list[Any]:
    answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def run(event: Mapping[str, Any]) -> dict[str, int]:
    """The figures of an invocation, which never asks for single records again."""
    answer = dict(aggregate(event, LambdaContext()))
    assert answer.pop("batchItemFailures") == []
    return answer


def use(shop: Backend, *rows: Mapping[str, Any], user: str = "alice") -> None:
    body = {"usageLogs": [{"userId": user, "service": "chat", **row} for row in rows or ({},)]}
    answer: Answer = shop.call(record, "POST", "/api/usage-logs/batch", body)
    assert answer.body["summary"]["created"] == len(body["usageLogs"])


def buy(shop: Backend, user: str = "alice") -> None:
    body = {"userId": user, "amount": 100, "reason": "purchase"}
    assert shop.call(transactions, "POST", "/api/admin/transactions", body).status == 201


def account(shop: Backend, user: str = "alice") -> str:
    return account_id_of(shop.workspace.secret, user)


def journal(shop: Backend, user: str = "alice") -> list[Entry]:
    return list(DynamoAccounts(shop.table).entries("acme", account(shop, user), 1, 1000))


def records(shop: Backend, *users: str) -> list[dict[str, Any]]:
    """What the stream brings of the entries of some users, or of all."""
    entries = [entry for user in users or USERS for entry in journal(shop, user)]
    return [stream_record(entry_item(entry), number=n) for n, entry in enumerate(entries, start=1)]


def assert_exact(shop: Backend) -> None:
    """The cells are the folds of the journals, and what is read of an account is its journal."""
    zone = shop.workspace.zone
    entries = [entry for user in USERS for entry in journal(shop, user)]
    assert shared_cells(shop.table, "acme") == shared_fold(entries, zone)
    for user in USERS:
        folded = private_fold(journal(shop, user), zone)
        assert private_cells(shop.table, "acme", account(shop, user)) == folded


def some_usage(shop: Backend) -> Sequence[dict[str, Any]]:
    """Commits of two users, one of them with late logs, errors and a purchase."""
    yesterday = utc_text(SystemClock().now_ms() - MS_PER_DAY)
    buy(shop)
    use(shop, {"model": "gpt-4o", "tokens": {"input": 10, "output": 5}, "responseTimeMs": 321})
    use(shop, {"occurredAt": yesterday, "country": "TH"}, {"status": "error", "platform": "web"})
    use(shop, {"tokens": 7, "responseBytes": 1000}, user="bob")
    return records(shop)


def test_what_is_recorded_is_in_the_cells(shop: Backend) -> None:
    report = run(records_event(some_usage(shop)))
    assert report == {"folded": 4, "parked": 0, "waiting": 0, "rounds": 1, "unfinished": 0}
    assert_exact(shop)


def test_records_come_twice_out_of_order_and_in_parts(shop: Backend) -> None:
    brought = some_usage(shop)
    for batch in (brought[2:], brought[:1], brought[::-1], brought[1:3], brought):
        run(records_event(batch))
    assert_exact(shop)
    assert run(records_event(brought))["folded"] == 0


def test_what_the_stream_did_not_bring_is_read_from_the_journal(shop: Backend) -> None:
    brought = some_usage(shop)
    run(records_event([brought[2], brought[3]]))
    assert_exact(shop)


def test_an_entry_wider_than_a_transaction_is_exact(shop: Backend) -> None:
    """Two parts: moto's transactions are slow. The unit tests have 98 logs over 89 days."""
    now_ms = SystemClock().now_ms()
    rows = [
        {
            "model": f"m{number}",
            "platform": f"p{number}",
            "country": "ABCDEFGHIJ"[number // 10] + "ABCDEFGHIJ"[number % 10],
            "status": "error",
            "responseTimeMs": number * number,
            "occurredAt": utc_text(now_ms - (number % 23) * MS_PER_DAY),
        }
        for number in range(25)
    ]
    use(shop)
    use(shop, *rows)
    assert [len(entry.log_ids) for entry in journal(shop)] == [1, 25]
    run(records_event(records(shop)))
    assert len(shared_cells(shop.table, "acme")) > PART_CELLS
    assert_exact(shop)
    run(records_event(records(shop)))
    assert_exact(shop)


def test_an_accounts_cells_are_read_exactly_before_and_after_folding(shop: Backend) -> None:
    some_usage(shop)
    cells = DynamoCells(shop.table)

    def read() -> object:
        return cells.private(shop.workspace, account(shop), DAY_TOTAL, "2020-01-01", "9999-12-31")

    before = read()
    run(records_event(records(shop, "alice")))
    assert read() == before
    assert before


def spoil(shop: Backend, seq: int, user: str = "alice") -> None:
    """Make an entry undecodable, where it stands."""
    entry = journal(shop, user)[seq - 1]
    shop.table.write(Put({**entry_item(entry), "dg": "["}))


def test_poison_is_parked_with_a_message_and_redriven_once_it_is_mended(
    shop: Backend, parked: str
) -> None:
    some_usage(shop)
    brought = records(shop)
    good = journal(shop)[1]
    spoil(shop, 2)
    brought[1]["dynamodb"]["NewImage"]["dg"] = {"S": "["}
    report = run(records_event(brought))
    assert (report["folded"], report["parked"]) == (2, 1)
    assert run(records_event(brought))["waiting"] == 1
    (message,) = messages(parked)
    assert (message["workspaceId"], message["accountId"]) == ("acme", account(shop))
    assert message["seq"] == 2
    assert set(message) == {"workspaceId", "accountId", "seq", "reason"}
    mark = parked_key("acme", account(shop), 1)
    assert shop.table.get(mark) is not None
    shop.table.write(Put(entry_item(good)))
    redrive = {"workspaceId": "acme", "accountId": account(shop)}
    assert run({"redrive": [redrive]})["folded"] == 2
    assert shop.table.get(mark) is None
    assert_exact(shop)


def test_an_entry_missing_in_the_journal_parks_the_account(shop: Backend, parked: str) -> None:
    some_usage(shop)
    brought = records(shop)
    entry = entry_item(journal(shop)[0])
    shop.table.write(Delete({"pk": str(entry["pk"]), "sk": str(entry["sk"])}))
    assert run(records_event(brought[1:]))["parked"] == 1
    assert [message["seq"] for message in messages(parked)] == [1]


@pytest.mark.parametrize(
    "rows",
    [
        [{"workspaceId": "acme"}],
        [{"workspaceId": "acme", "accountId": 5}],
        [{"workspaceId": "acme", "accountId": "a"}] * 101,
    ],
)
def test_a_redrive_that_is_none_is_refused(moto_table: DynamoTable, rows: list[Any]) -> None:
    with pytest.raises(ValueError, match="redrive takes up to 100 rows"):
        run({"redrive": rows})


def test_the_figures_of_an_invocation_are_metrics(
    shop: Backend, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = some_usage(shop)
    capsys.readouterr()
    run(records_event(brought))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert metrics["EntriesFolded"] == [4]
    assert metrics["EntriesParked"] == [0]
    assert 0 <= metrics["FoldLagMs"][0] < 60_000
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Tally"


def test_cells_of_another_generation_are_cleared_only_when_it_was_retired_long_ago(
    shop: Backend,
) -> None:
    use(shop)
    run(records_event(records(shop)))
    generations = DynamoGenerations(shop.table, SystemClock())
    generations.flip("acme", generations.begin("acme"))
    clear = {"workspaceId": "acme", "generation": 1, "accounts": []}
    with pytest.raises(ConflictRetryError):
        run({"clear": clear})

    settings = shop.table.get(workspace_key("acme"))
    assert settings is not None
    shop.table.write(Put({**settings, "ga": SystemClock().now_ms() - RETIRED_FOR_MS}))

    assert run({"clear": clear | {"accounts": [account(shop)]}}) == {"unfinished": 0}
    # The shared cells go last: with them the generation is forgotten.
    assert run({"clear": clear}) == {"unfinished": 0}
    assert not shared_cells(shop.table, "acme")
    assert not private_cells(shop.table, "acme", account(shop))
    with pytest.raises(ConflictRetryError):
        run({"clear": clear | {"generation": 2}})


@pytest.mark.parametrize(
    "said", [{}, {"workspaceId": "acme"}, {"workspaceId": "acme", "generation": 1, "accounts": 7}]
)
def test_clearing_says_what(moto_table: DynamoTable, said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="clear takes"):
        run({"clear": said})
