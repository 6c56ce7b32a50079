"""The backup function on moto's table (OPS-2)."""

from __future__ import annotations

from functions.backup.handler import build
from functions.backup.settings import Settings
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
