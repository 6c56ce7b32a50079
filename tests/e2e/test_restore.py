"""A restore rehearsed, on a cloud of its own: a backup taken under load is brought back and used (OPS-2)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from local.cloud import Cloud, client
from local.down import down
from local.state import ROOT, State
from local.up import up
from shared.store.schema import TTL_ATTRIBUTE
from tests.e2e.archived import OldDay, last_month
from tests.e2e.platform import Platform, Shop, eventually

WRITERS = 4
BATCH = 5


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    """A folder of this module's own: what follows changes the table under everybody's feet."""
    return State(tmp_path_factory.mktemp("restored"))


@pytest.fixture(scope="module")
def platform(state: State) -> Iterator[Platform]:
    """The deployed stack."""
    used = Platform(Cloud(up(state)))
    try:
        yield used
    finally:
        used.close()
        down(state)


class Load:
    """Backends that record usage, one by one and in batches, until they are told to stop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._stop = Event()
        self._pool = ThreadPoolExecutor(WRITERS)
        self.acknowledged: list[str] = []
        self._running = [self._pool.submit(self._write, number) for number in range(WRITERS)]

    def _write(self, writer: int) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            count = BATCH if number % 2 else 1
            ids = [f"w{writer}-{number}-{row}" for row in range(count)]
            assert all(record(self._shop, ids))
            self.acknowledged += ids

    def await_count(self, count: int) -> list[str]:
        """Wait until so many ids are acknowledged; those that are."""
        eventually(lambda: len(self.acknowledged), lambda seen: seen >= count, f"{count} logs")
        return list(self.acknowledged)

    def end(self) -> None:
        """Stop; fails if a write did."""
        self._stop.set()
        for each in self._running:
            each.result()
        self._pool.shutdown()


def record(shop: Shop, ids: list[str]) -> list[bool]:
    """Record logs, each for a user that its id tells; whether each of them is on record then."""
    rows = [{"id": i, "userId": f"user-{i[-1]}", "service": "chat", "credits": 1} for i in ids]
    if len(rows) == 1:
        return [shop.backend.post("/api/usage-logs", rows[0]).status in {200, 201}]
    answer = shop.backend.post("/api/usage-logs/batch", {"usageLogs": rows})
    return [row["status"] in {"created", "replayed"} for row in answer.body["results"]]


class Gone:
    """Somebody who is erased and a key that is revoked, both known to the backup."""

    def __init__(self, platform: Platform) -> None:
        self._shop = platform.shop(userPrivacy="visible", enforceCredits=False)
        self._user = f"mallory-{self._shop.workspace_id}"
        made = platform.api_key(self._shop.workspace_id)
        self._key_id = made["apiKey"]["id"]
        self._backend = platform.with_credential(made["secret"])
        body = {"id": "gone-1", "userId": self._user, "service": "chat", "metadata": {"at": "home"}}
        recorded = self._backend.post("/api/usage-logs", body)
        assert recorded.status == 201, recorded
        self._account_id = recorded.body["account"]["accountId"]

    def decide(self) -> None:
        """Erase the user, revoke the key."""
        admin = self._shop.admin
        assert admin.send("DELETE", f"/api/admin/users/{self._user}").status == 202
        assert admin.send("DELETE", f"/api/admin/api-keys/{self._key_id}").status == 204

    def assert_repeated(self, told: dict[str, Any]) -> None:
        """The command says so, and so it is."""
        workspace_id, admin = self._shop.workspace_id, self._shop.admin
        outcomes = {each["name"]: each["outcome"] for each in told["decided"]["decisions"]}
        assert outcomes == {
            f"erasure:{workspace_id}/{self._account_id}": "repeated",
            f"key:{workspace_id}/{self._key_id}": "repeated",
        }
        refused = self._backend.get(f"/api/admin/accounts/{self._account_id}")
        assert refused.status == 401, refused
        log = admin.get("/api/usage-logs/gone-1").body["usageLog"]
        assert (log["userId"], log.get("metadata")) == (self._account_id, None)
        eventually(
            lambda: admin.send("DELETE", f"/api/admin/users/{self._account_id}"),
            lambda answer: answer.body["erasure"]["status"] == "done",
            "the rest of the erasure",
        )
        trail = admin.get("/api/admin/audit", action="DELETE /api/admin/api-keys/{id}")
        assert len(trail.body["entries"]) == 1, trail


def operate(state: State, *words: str) -> subprocess.CompletedProcess[str]:
    """An operator's command, as an operator gives it."""
    return subprocess.run(
        [sys.executable, "-m", "operations", "--state", str(state.folder), *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_backup_under_load_is_brought_back_proved_and_used(
    platform: Platform, state: State
) -> None:
    shop = platform.shop(enforceCredits=False)
    made = shop.admin.post(
        "/api/thresholds", {"scope": "workspace", "metric": "requests", "dailyLimit": 100_000}
    )
    old_day = OldDay(platform.shop(enforceCredits=False), state, last_month())
    load = Load(shop)
    known = load.await_count(30)
    gone = Gone(platform)
    backup = operate(state, "backup", "rehearsal")
    assert backup.returncode == 0, backup.stderr
    gone.decide()
    load.await_count(len(load.acknowledged) + 30)
    load.end()
    everything = list(load.acknowledged)
    before = _archived(old_day)
    old = Cloud.load(state).settings["tableName"]

    plan = operate(state, "restore", "--backup", "rehearsal", "--plan")
    assert plan.returncode == 0, plan.stderr
    assert platform.cloud.dynamodb.list_tables()["TableNames"] == [old]

    again = ("restore", "--backup", "rehearsal", "--into", "tally-again", "--yes")
    done = operate(state, *again, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    gone.assert_repeated(json.loads(done.stdout))

    repeated = operate(state, *again)
    assert (repeated.returncode, "used already" in repeated.stdout) == (0, True), repeated.stderr

    _assert_everything_follows(platform, state, old)
    for log_id in known:
        answer = shop.backend.get(f"/api/usage-logs/{log_id}")
        assert answer.status == 200, f"{log_id} was acknowledged before the backup: {answer}"
    with ThreadPoolExecutor(WRITERS) as pool:
        recorded = list(pool.map(lambda log_id: record(shop, [log_id]), everything))
    assert all(all(rows) for rows in recorded)
    shop.await_requests(len(everything))
    _assert_a_threshold_fires(shop, made.body["threshold"]["id"], len(everything))
    _assert_the_archive_is_as_before(old_day, before, state)
    proof = operate(state, "reconcile", "--all")
    assert proof.returncode == 0, proof.stdout + proof.stderr


def test_the_way_back_keeps_what_was_decided_since_the_swap(
    platform: Platform, state: State
) -> None:
    shop = platform.shop()
    made = platform.api_key(shop.workspace_id)
    key_id, first = made["apiKey"]["id"], Cloud.load(state).settings["tableName"]
    assert operate(state, "backup", "there").returncode == 0
    there = operate(state, "restore", "--backup", "there", "--into", "tally-there", "--yes")
    assert there.returncode == 0, there.stdout + there.stderr
    assert shop.admin.send("DELETE", f"/api/admin/api-keys/{key_id}").status == 204
    back, name = ("restore", "--use", first), f"key:{shop.workspace_id}/{key_id}"

    not_agreed = operate(state, *back)
    assert not_agreed.returncode == 0, not_agreed.stdout + not_agreed.stderr
    assert f"found: {name}" in not_agreed.stdout
    mistaken = operate(state, *back, "--yes", "--leave-out", "key:of/nobody")
    assert (mistaken.returncode, name in mistaken.stderr) == (2, True), mistaken.stderr
    assert Cloud.load(state).settings["tableName"] == "tally-there"
    done = operate(state, *back, "--yes", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    (told,) = json.loads(done.stdout)["decided"]["decisions"]
    assert (told["name"], told["outcome"]) == (name, "repeated")
    assert Cloud.load(state).settings["tableName"] == first
    revoked = platform.with_credential(made["secret"]).get("/api/usage-logs/stats")
    assert revoked.status == 401, revoked
    assert shop.backend.get("/api/usage-logs/stats").status == 200
    again = operate(state, *back)
    assert (again.returncode, "used already" in again.stdout) == (0, True), again.stderr


Seen = tuple[dict[str, bytes], dict[str, Any], Any, Any]


def _archived(old_day: OldDay) -> Seen:
    """Archive a day of long ago after the backup; its files, its expiry, and what the API says of it."""
    old_day.archive()
    return old_day.files(), old_day.expiries(), old_day.statistics(), old_day.exported()


def _assert_the_archive_is_as_before(old_day: OldDay, before: Seen, state: State) -> None:
    """Nothing is archived twice or lost; the new table lets go of logs when the old one did."""
    old_day.archive(plan=False)
    files, expiries, statistics, exported = before

    assert old_day.files() == files
    assert old_day.expiries() == expiries
    assert None not in expiries.values()
    assert old_day.statistics() == statistics
    assert old_day.exported() == exported
    proof = operate(state, "archive", "verify")
    assert proof.returncode == 0, proof.stdout + proof.stderr


def _assert_everything_follows(platform: Platform, state: State, old: str) -> None:
    """Functions, stream, expiry and recovery are those of the new table; the old one is still there."""
    cloud = Cloud.load(state)
    table = cloud.dynamodb.describe_table(TableName="tally-again")["Table"]
    mappings: list[dict[str, Any]] = client("lambda", cloud.url).list_event_source_mappings()[
        "EventSourceMappings"
    ]
    streams = {
        each["EventSourceArn"] for each in mappings if ":dynamodb:" in each["EventSourceArn"]
    }
    expiry = cloud.dynamodb.describe_time_to_live(TableName="tally-again")
    recovery = cloud.dynamodb.describe_continuous_backups(TableName="tally-again")

    assert cloud.settings["tableName"] == "tally-again"
    assert sorted(cloud.dynamodb.list_tables()["TableNames"]) == sorted([old, "tally-again"])
    assert streams == {table["LatestStreamArn"]}
    assert expiry["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": TTL_ATTRIBUTE,
    }
    point_in_time = recovery["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert point_in_time["PointInTimeRecoveryStatus"] == "ENABLED"


def _assert_a_threshold_fires(shop: Shop, threshold_id: str, requests: int) -> None:
    """One that stood before the backup, and whose limit is reached after the swap."""
    limit = {"scope": "workspace", "metric": "requests", "dailyLimit": requests + 1}
    changed = shop.admin.send("PUT", f"/api/thresholds/{threshold_id}", limit)
    assert changed.status == 200, changed
    assert record(shop, ["the-last-one-0"]) == [True]
    heard: list[dict[str, Any]] = []
    fired = eventually(
        lambda: [
            a for a in shop.platform.gather_alerts(shop.workspace_id, heard) if a["percent"] == 100
        ],
        bool,
        "the alert at the whole limit",
    )
    assert [alert["thresholdId"] for alert in fired] == [threshold_id]
