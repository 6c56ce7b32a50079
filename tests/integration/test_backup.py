"""The backup function on moto's table (OPS-2)."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from functions.backup.handler import build
from functions.backup.settings import Settings
from operations import running as command_line
from operations.stack import Stack
from shared.adapters.clock import SystemClock
from shared.domain.backups import Backup, daily_name
from shared.store.backups import DynamoBackups
from shared.store.dynamo import DynamoTable
from shared.store.wire import dynamodb_wire
from tests.factories import LambdaContext

TABLE = "tally-test"


def test_the_function_makes_one_backup_a_day_of_its_table(moto_table: DynamoTable) -> None:
    make = build(Settings(TABLE, days=7))

    first, again = make({}, LambdaContext()), make({}, LambdaContext())

    today = daily_name(SystemClock().now_ms())
    backups = DynamoBackups(dynamodb_wire(SystemClock()), TABLE)
    assert first == {"name": today, "made": True, "dropped": 0, "kept": 1}
    assert again["made"] is False
    assert [(backup.name, backup.ready) for backup in backups.made()] == [(today, True)]


def test_a_backup_is_dropped_once_and_gone_is_fine(moto_table: DynamoTable) -> None:
    backups = DynamoBackups(dynamodb_wire(SystemClock()), TABLE)
    made = backups.make("before-the-release")

    backups.drop(made)
    backups.drop(made)
    backups.drop(Backup("other", made.address.replace(made.name, "x"), 0))

    assert backups.made() == []


def test_an_operator_is_told_of_backups_in_words_or_as_a_document(
    moto_table: DynamoTable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = SimpleNamespace(clock=SystemClock(), outputs={"TableName": TABLE})
    monkeypatch.setattr(Stack, "of", lambda _: stack)

    def run(*words: str) -> int:
        args = command_line.parse(["backup", *words])
        return int(args.command.run(args))

    assert run("before", "--json") == 0
    (made,) = DynamoBackups(dynamodb_wire(SystemClock()), TABLE).made()
    assert json.loads(capsys.readouterr().out) == {"name": "before", "address": made.address}
    assert run("before", "--drop", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"name": "before", "dropped": 1}
    assert run("before", "--drop") == 1
    assert capsys.readouterr().out == "0 dropped.\n"
