"""A restored table gets what no restore brings along, once; its scans find what is recent (OPS-2)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

import boto3
import pytest

from operations.recovery.commits import posting_keys, recent_items
from operations.recovery.decided import Decided
from operations.recovery.tables import RestoreError, Source, Tables, Wanted
from operations.stack import Stack
from shared.domain.ledger import Movement
from shared.store.backups import DynamoBackups
from shared.store.dynamo import DynamoTable
from shared.store.ledger import DynamoLedger
from shared.store.table import Table
from shared.store.wire import dynamodb_wire
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage, a_workspace
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Fault
from tests.fakes.table import FakeTable

WANTED = Wanted(
    stream_view="NEW_AND_OLD_IMAGES",
    ttl_attribute="ttl",
    continuous_days=35,
    protected=True,
    tags={"application": "tally"},
    copies=("eu-west-1",),
)


class Deployment:
    """A stack's clients, clock and tables, without a stack."""

    def __init__(self, tables: Mapping[str, Table] | None = None, name: str = "") -> None:
        self.clock = FakeClock()
        self._tables = tables or {}
        self._name = name

    def client(self, service: str) -> Any:
        return boto3.client(service)  # type: ignore[call-overload]

    def using(self, name: str) -> Deployment:
        return Deployment(self._tables, name)

    def table(self) -> Table:
        return self._tables[self._name]


@pytest.fixture
def tables(moto_table: DynamoTable) -> Tables:
    """Tables of a deployment whose own is backed up as `before`."""
    DynamoWorkspaces(moto_table).create(a_workspace(enforce_credits=False))
    DynamoBackups(dynamodb_wire(FakeClock()), os.environ["TABLE_NAME"]).make("before")
    return Tables(cast("Stack", Deployment()))


def _restored(tables: Tables) -> None:
    (backup,) = DynamoBackups(dynamodb_wire(FakeClock()), os.environ["TABLE_NAME"]).made()
    tables.restore_backup(backup.address, "again", WANTED)
    tables.await_active("again")


def test_a_restored_table_is_given_all_that_the_release_wants(tables: Tables) -> None:
    _restored(tables)

    given = list(tables.fit("again", WANTED))

    client = boto3.client("dynamodb")
    table = client.describe_table(TableName="again")["Table"]
    expiry = client.describe_time_to_live(TableName="again")["TimeToLiveDescription"]
    tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert table["DeletionProtectionEnabled"] is True
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "ttl")
    assert tables.window("again") is not None
    assert tags == [{"Key": "application", "Value": "tally"}]
    assert tables.stream("again") == table["LatestStreamArn"]
    assert len(given) == 6


def test_what_is_there_is_not_given_again_and_a_missing_copy_is_told_each_time(
    tables: Tables,
) -> None:
    _restored(tables)
    list(tables.fit("again", WANTED))

    assert list(tables.fit("again", WANTED)) == [
        "NOT made: the copy in eu-west-1 (see docs/operations.md)"
    ]


def test_a_table_that_is_not_there_is_told(tables: Tables) -> None:
    assert tables.state("nowhere") is None
    with pytest.raises(RestoreError, match="no table nowhere"):
        tables.await_active("nowhere")


def test_scans_find_what_was_committed_since_a_moment_and_the_keys_of_postings(
    moto_table: DynamoTable,
) -> None:
    clock = FakeClock()
    DynamoWorkspaces(moto_table).create(a_workspace(enforce_credits=False))
    ledger = DynamoLedger(moto_table, clock)
    ledger.record(WORKSPACE, [a_usage("old", user_id="alice")])
    clock.advance(minutes=20)
    ledger.record(WORKSPACE, [a_usage("new", user_id="bob")])
    ledger.move(WORKSPACE, "bob", Movement("credit", "purchase", 5), "invoice-1")

    wire = dynamodb_wire(clock)
    since_ms = START_MS + 60_000
    recent = list(recent_items(wire, os.environ["TABLE_NAME"], since_ms))
    keys = list(posting_keys(wire, os.environ["TABLE_NAME"]))

    assert sorted(str(item["sk"])[:4] for item in recent) == ["HEAD", "J#00", "J#00", "LOG"]
    assert all("#L#old" not in str(item["pk"]) for item in recent)
    assert len(keys) == 1


def test_of_a_table_that_is_gone_there_are_backups_and_no_moments(tables: Tables) -> None:
    name = os.environ["TABLE_NAME"]
    boto3.client("dynamodb").delete_table(TableName=name)

    made = DynamoBackups(dynamodb_wire(FakeClock()), name).made()

    assert "before" in [backup.name for backup in made]
    assert tables.window(name) is None


def test_which_table_it_takes_the_place_of_is_noted_at_the_table(tables: Tables) -> None:
    _restored(tables)
    assert tables.source("again") is None

    for name in ("first", os.environ["TABLE_NAME"]):
        tables.note_source("again", Source(name, START_MS))

    assert tables.source("again") == Source(os.environ["TABLE_NAME"], START_MS)


def _decided(source: str, old: Table, *left_out: str) -> Decided:
    new = FakeTable()
    DynamoWorkspaces(new).create(a_workspace())
    stack = cast("Stack", Deployment({source: old, "again": new}))
    return Decided(stack, Source(source, START_MS), "again", left_out)


def test_of_a_table_that_is_gone_nobody_can_tell_what_was_decided_and_that_is_said(
    tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tables.state("gone") is None
    decided = _decided("gone", FakeTable())

    decided.show()

    assert decided.repeat()
    decided.hand_over()
    said = capsys.readouterr().out
    assert "gone is gone" in said
    assert "gone$DeletedTableBackup" in said
    assert (decided.well, decided.plain()["decisions"]) == (False, [])
    assert "cannot be told" in decided.plain()["unknown"]


def test_a_table_that_cannot_be_read_ends_the_restore_before_the_swap_unless_it_is_left_out(
    tables: Tables,
) -> None:
    name = os.environ["TABLE_NAME"]
    assert tables.state(name) is not None
    sealed = FakeTable()
    sealed.meet_chaos(lambda _: Fault.THROTTLED)

    with pytest.raises(RestoreError, match="--leave-out all"):
        _decided(name, sealed).show()

    left = _decided(name, sealed, "all")
    left.show()
    assert left.repeat()
    assert left.well


def test_what_was_decided_is_listed_before_anything_is_done(
    tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    name = os.environ["TABLE_NAME"]
    assert tables.state(name) is not None
    old = FakeTable()
    DynamoWorkspaces(old).create(a_workspace(registered_only=True))
    decided = _decided(name, old)

    decided.show()

    told = f"setting:{WORKSPACE}/registeredOnly"
    assert f"found: {told}" in capsys.readouterr().out
    assert [each["outcome"] for each in decided.plain()["decisions"]] == ["found"]
    assert decided.repeat()
    assert f"repeated: {told}" in capsys.readouterr().out
