"""Erasures, revocations and closed doors of after a restore point outlive the restore (OPS-2, SEC-5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from operations.errors import CommandError
from operations.recovery.commits import LOOKED_BACK_MS
from operations.recovery.decisions import Decision
from operations.recovery.repeating import CarryOver
from shared.domain.audit import AuditFilter
from shared.domain.credentials import secret_hash
from shared.domain.erasure import Erasure
from shared.domain.thresholds import Rules, new_threshold
from shared.domain.workspace import ApiKey, Customer
from shared.store.api_keys import DynamoApiKeys
from shared.store.audit import DynamoAuditLog
from shared.store.directory import DynamoDirectory
from shared.store.erasures import DynamoErasures
from shared.store.schema import api_key_key, erasure_key, workspace_key
from shared.store.table import Delete, Put, Table, Update
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.erasing import PERSON, Registry, raw_text
from tests.factories import WORKSPACE
from tests.fakes.faults import Call, Step
from tests.fakes.table import FakeTable
from tests.folding import AtCall, CrashError, crash
from tests.reconciling import prover

TEXTS = ("lives in Bern", "prefers-window-seats", "paid by mallory's card", "Mallory Archer")


class Accident:
    """A workspace with a past, a backup of it, what was decided since, and the restored table."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.old = self.registry.table
        self.clock = self.registry.clock
        self.account_id = self.registry.settle_in()
        self.registry.register("bob", "Bob")
        self.keys = DynamoApiKeys(self.old)
        for key_id in ("backend01", "backend02"):
            self.make_key(key_id)

    def make_key(self, key_id: str, **changes: Any) -> None:
        """An API key."""
        key = ApiKey(WORKSPACE, key_id, f"key {key_id}", (), secret_hash("x"), self.clock.now_ms())
        self.keys.create(replace(key, **changes), None, {})

    def back_up(self) -> None:
        """The restore point: what is decided from now on is not in the restored table."""
        self.clock.advance(minutes=30)
        self.point_ms = self.clock.now_ms()
        self.new = FakeTable(self.clock)
        for item in self.old.items():
            self.new.write(Put(dict(item)))
        self.clock.advance(minutes=30)

    def carry(self, new: Table | None = None) -> CarryOver:
        """What takes over what was decided."""
        return CarryOver(
            self.old,
            new or self.new,
            lambda: [WORKSPACE],
            self.clock,
            self.point_ms - LOOKED_BACK_MS,
            map,
        )

    def found(self) -> list[str]:
        """Names of what there is to repeat, or to do."""
        return [told.decision.name for told in self.carry().find()]

    def repeated(self, *left_out: str) -> dict[str, str]:
        """Repeat; what became of each decision."""
        carry = self.carry()
        carry.repeat(left_out)
        return {name: told.outcome for name, told in carry.told.items()}

    def erasure(self) -> Erasure | None:
        """The person's erasure in the restored table."""
        store = DynamoErasures(self.new, DynamoWorkspaces(self.new), self.clock, map)
        return store.get(WORKSPACE, self.account_id)

    def new_key(self, key_id: str) -> ApiKey:
        """A key as the restored table has it."""
        key = DynamoApiKeys(self.new).get(WORKSPACE, key_id)
        assert key is not None
        return key

    def change(self, **settings: Any) -> None:
        """Other settings, in the table in use."""
        workspaces = DynamoWorkspaces(self.old)
        now = workspaces.get(WORKSPACE)
        workspaces.replace(replace(now, **settings), now)

    def texts(self) -> set[str]:
        """What is known of the person in the restored table."""
        raw = b"\0".join(map(raw_text, self.new.items()))
        return {text for text in (PERSON, *TEXTS) if text.encode() in raw}


@pytest.fixture
def accident() -> Accident:
    """Backed up, nothing decided yet."""
    made = Accident()
    made.back_up()
    return made


def test_nothing_decided_is_nothing_to_repeat(accident: Accident) -> None:
    before = accident.new.items()

    assert accident.repeated() == {}
    assert accident.new.items() == before


def test_a_user_erased_since_is_erased_in_the_restored_table_too(accident: Accident) -> None:
    accident.registry.erased()
    assert accident.texts()

    assert accident.repeated() == {f"erasure:{WORKSPACE}/{accident.account_id}": "repeated"}

    assert accident.texts() == set()
    workspace = DynamoWorkspaces(accident.new).get(WORKSPACE)
    assert DynamoDirectory(accident.new).account_of(workspace, PERSON) != accident.account_id
    assert DynamoWorkspaces(accident.new).customer(WORKSPACE, accident.account_id) is None
    assert prover(accident.new, accident.clock)(WORKSPACE).drift == {}


def test_the_rest_of_an_erasure_is_done_by_its_job_once_the_table_is_used(
    accident: Accident,
) -> None:
    accident.registry.erased()
    carry = accident.carry()
    carry.repeat(())
    queue = accident.registry.erasure_queue

    assert carry.send_jobs(queue) == 1
    eraser = accident.registry.eraser(accident.new)
    eraser.go_on(*queue.sent.pop(), 900_000)

    erasure = accident.erasure()
    assert erasure is not None
    assert erasure.status == "done"
    assert accident.found() == []


def test_an_erasure_from_before_the_point_is_not_repeated() -> None:
    accident = Accident()
    accident.registry.erased()
    accident.back_up()

    assert accident.found() == []


def test_notes_on_an_account_that_was_erased_again_since_go_again() -> None:
    accident = Accident()
    accident.registry.erased()
    accident.registry.post(accident.account_id)
    accident.back_up()
    accident.registry.erased(accident.account_id)
    assert accident.texts()

    assert accident.repeated() == {f"erasure:{WORKSPACE}/{accident.account_id}": "repeated"}
    assert accident.texts() == set()


def test_a_user_who_came_and_was_erased_since_is_not_there_at_all(accident: Accident) -> None:
    accident.registry.record(accident.registry.usage_of("late", "newcomer"))
    accident.registry.erased("newcomer")

    assert accident.found() == []


def test_an_erasure_whose_item_is_lost_is_told_by_the_trail(accident: Accident) -> None:
    accident.registry.erased()
    accident.old.write(Delete(erasure_key(WORKSPACE, accident.account_id)))
    assert accident.found() == []
    accident.registry.audited(
        "user:ada",
        "DELETE /api/admin/users/{userId}",
        status=202,
        resource=f"/api/admin/users/{{{accident.account_id}}}",
    )

    assert accident.found() == [f"erasure:{WORKSPACE}/{accident.account_id}"]


def test_a_key_revoked_since_is_revoked_as_of_then(accident: Accident) -> None:
    revoked_ms = accident.clock.now_ms()
    accident.keys.revoke(WORKSPACE, "backend01", revoked_ms)
    accident.clock.advance(minutes=5)

    assert accident.repeated() == {f"key:{WORKSPACE}/backend01": "repeated"}
    assert accident.new_key("backend01").revoked_ms == revoked_ms
    assert accident.new_key("backend02").revoked_ms is None
    assert accident.found() == []


def test_a_key_that_the_table_before_has_lost_is_judged_by_the_trail_or_by_the_operator(
    accident: Accident,
) -> None:
    for key_id in ("backend01", "backend02"):
        accident.old.write(Delete(api_key_key(WORKSPACE, key_id)))
    accident.registry.audited(
        "user:ada",
        "DELETE /api/admin/api-keys/{id}",
        status=204,
        resource="/api/admin/api-keys/backend01",
    )
    accident.registry.audited(
        "user:eve",
        "DELETE /api/admin/api-keys/{id}",
        status=403,
        resource="/api/admin/api-keys/backend02",
    )

    outcomes = accident.repeated()

    assert outcomes == {
        f"key:{WORKSPACE}/backend01": "repeated",
        f"key:{WORKSPACE}/backend02": "yours",
    }
    assert accident.new_key("backend01").revoked_ms is not None
    assert accident.new_key("backend02").revoked_ms is None


def test_keys_made_since_are_told_and_not_taken_along(accident: Accident) -> None:
    accident.make_key("rotated01")
    accident.make_key("rotated02", revoked_ms=accident.clock.now_ms())

    assert [key["keyId"] for key in accident.carry().keys_made()] == ["rotated01"]
    accident.repeated()
    assert DynamoApiKeys(accident.new).get(WORKSPACE, "rotated01") is None


def test_a_customer_who_was_shut_out_stays_out(accident: Accident) -> None:
    account_id = accident.registry.account("bob")
    DynamoWorkspaces(accident.old).put_customer(
        WORKSPACE, Customer(account_id, "bob", "Bob", active=False)
    )

    assert accident.repeated() == {f"customer:{WORKSPACE}/{account_id}": "repeated"}
    customer = DynamoWorkspaces(accident.new).customer(WORKSPACE, account_id)
    assert customer == Customer(account_id, "bob", "Bob", active=False)
    assert accident.found() == []


def test_settings_that_were_closed_are_closed_and_what_was_opened_stays_shut() -> None:
    accident = Accident()
    addresses = ("stays@example.com", "leaves@example.com")
    accident.change(alert_emails=addresses, enforce_credits=True)
    accident.back_up()
    accident.change(
        registered_only=True,
        user_privacy="pseudonymous",
        alert_emails=("stays@example.com", "comes@example.com"),
        enforce_credits=False,
        retention_days=200,
    )

    assert set(accident.repeated().values()) == {"repeated"}

    now = DynamoWorkspaces(accident.new).get(WORKSPACE)
    assert (now.registered_only, now.user_privacy) == (True, "pseudonymous")
    assert now.alert_emails == ("stays@example.com",)
    assert (now.enforce_credits, now.retention_days) == (True, 92)
    assert DynamoWorkspaces(accident.new).leaving(WORKSPACE) == ("leaves@example.com",)
    assert accident.found() == []


def test_what_is_about_money_or_cannot_be_undone_is_the_operators(accident: Accident) -> None:
    accident.change(enforce_credits=True, retention_days=30)
    rules = Rules("workspace", None, "cost", daily=10**12, monthly=None, block=True)
    threshold = new_threshold(WORKSPACE, f"th_{7:020x}", rules, accident.clock.now_ms())
    DynamoThresholds(accident.old, accident.clock).create(threshold, None, {})

    assert accident.repeated() == {
        f"setting:{WORKSPACE}/enforceCredits": "yours",
        f"setting:{WORKSPACE}/retentionDays": "yours",
        f"limit:{WORKSPACE}/{threshold.threshold_id}": "yours",
    }
    assert DynamoWorkspaces(accident.new).get(WORKSPACE).retention_days == 92


def test_a_limit_that_was_raised_or_only_warns_is_nobodys_business() -> None:
    accident = Accident()
    store = DynamoThresholds(accident.old, accident.clock)
    rules = Rules("workspace", None, "cost", daily=10**12, monthly=None, block=True)
    ids = [f"th_{number:020x}" for number in (1, 2)]
    for threshold_id, blocks in zip(ids, (True, False), strict=True):
        made = new_threshold(
            WORKSPACE, threshold_id, replace(rules, block=blocks), accident.clock.now_ms()
        )
        store.create(made, None, {})
    accident.back_up()
    store.change(WORKSPACE, ids[0], replace(rules, daily=10**13), accident.clock.now_ms())
    assert accident.found() == []

    store.change(WORKSPACE, ids[0], replace(rules, daily=10**11), accident.clock.now_ms())
    assert accident.found() == [f"limit:{WORKSPACE}/{ids[0]}"]


@pytest.mark.parametrize("kind", ["erasure", "all", "by name"])
def test_a_restore_that_is_to_undo_an_erasure_leaves_it_out(accident: Accident, kind: str) -> None:
    accident.registry.erased()
    name = f"erasure:{WORKSPACE}/{accident.account_id}"
    texts = accident.texts()

    assert accident.repeated(name if kind == "by name" else kind) == {name: "left out"}
    assert accident.texts() == texts


def test_only_what_there_is_can_be_left_out(accident: Accident) -> None:
    accident.keys.revoke(WORKSPACE, "backend01", accident.clock.now_ms())

    with pytest.raises(CommandError, match=f"there is erasure, .*key:{WORKSPACE}/backend01"):
        accident.repeated("key:acme/nobody")
    assert accident.new_key("backend01").revoked_ms is None


def test_what_is_damaged_in_the_table_before_is_told_and_the_rest_is_repeated(
    accident: Accident,
) -> None:
    account_id = accident.registry.account("bob")
    DynamoWorkspaces(accident.old).put_customer(
        WORKSPACE, Customer(account_id, "bob", "Bob", active=False)
    )
    accident.keys.revoke(WORKSPACE, "backend02", accident.clock.now_ms())
    accident.old.write(Update(api_key_key(WORKSPACE, "backend01"), remove=("nm",)))
    accident.old.write(Delete(workspace_key(WORKSPACE)))

    assert accident.repeated() == {
        f"key:{WORKSPACE}/backend01": "yours",
        f"key:{WORKSPACE}/backend02": "repeated",
        f"customer:{WORKSPACE}/{account_id}": "repeated",
        f"setting:{WORKSPACE}/all": "yours",
    }


def test_what_could_not_be_repeated_is_told(
    accident: Accident, monkeypatch: pytest.MonkeyPatch
) -> None:
    accident.change(registered_only=True)
    accident.keys.revoke(WORKSPACE, "backend01", accident.clock.now_ms())
    carry = accident.carry()
    key = workspace_key(WORKSPACE)

    def overtake(call: Call) -> Step:
        (write,) = call.writes or (None,)
        if not isinstance(write, Update) or write.key != key:
            return None
        accident.new.meet_chaos(None)
        return lambda: accident.new.write(Update(key, add={"ve": 1}))

    accident.new.meet_chaos(overtake)

    (failed,) = carry.repeat(())

    assert failed.decision == Decision("setting", WORKSPACE, "registeredOnly")
    assert (failed.outcome, failed.why) == ("failed", "The settings were changed meanwhile.")
    assert carry.told[f"key:{WORKSPACE}/backend01"].outcome == "repeated"


def test_a_run_that_dies_at_any_call_is_gone_on_with_by_the_same_command() -> None:
    calls = 0
    died = True
    while died:
        calls += 1
        accident = Accident()
        accident.back_up()
        accident.registry.erased()
        accident.keys.revoke(WORKSPACE, "backend01", accident.clock.now_ms())
        accident.change(registered_only=True)
        accident.new.meet_chaos(AtCall(calls, crash))
        try:
            accident.repeated()
        except CrashError:
            accident.new.meet_chaos(None)
            assert "failed" not in accident.repeated().values()
        else:
            accident.new.meet_chaos(None)
            died = False
        assert accident.texts() == set(), calls
        assert accident.new_key("backend01").revoked_ms is not None
        assert DynamoWorkspaces(accident.new).get(WORKSPACE).registered_only
        workspace = DynamoWorkspaces(accident.new).get(WORKSPACE)
        assert workspace.erasures == 1
    assert calls > 20


def test_the_trail_comes_along_once(accident: Accident) -> None:
    made = [accident.registry.audited("key:backend01") for _ in range(3)]
    beyond = accident.registry.audited("user:olga", workspace_id="", action="GET /api/admin/system")

    assert accident.carry().copy_trail() == 4
    assert accident.carry().copy_trail() == 4

    trail = DynamoAuditLog(accident.new, accident.clock)
    since = AuditFilter(start_ms=accident.point_ms, descending=False)
    came = {entry.entry_id for entry in trail.entries(WORKSPACE, since)}
    assert came == {entry.entry_id for entry in made}
    assert list(trail.entries("", since)) == [beyond]
