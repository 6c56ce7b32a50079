"""Thresholds in the table: bounds, races, and what the ledger is told to refuse (ALR-1, ALR-4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.errors import (
    ConflictRetryError,
    IdempotencyConflictError,
    NotFoundError,
    ValidationFailedError,
)
from shared.domain.head import Metric
from shared.domain.thresholds import Rules, Threshold, new_threshold
from shared.store.items import blocks_from
from shared.store.schema import limits_key, threshold_key, thresholds_pk, workspace_key
from shared.store.table import Put, Query, StoreUnavailableError, texts
from shared.store.thresholds import MAX_BLOCKS, MAX_THRESHOLDS, DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import ACCOUNT, a_workspace
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Call, Fault
from tests.fakes.table import FakeTable

W = "acme"
OTHER = "acct_0000000000000000beef"


def rules(**changes: Any) -> Rules:
    return replace(Rules("user", None, "requests", 100, None), **changes)


def blocking(account_id: str | None = None, metric: Metric = "requests") -> Rules:
    return rules(account_id=account_id, block=True, metric=metric)


class Store:
    """Thresholds of one workspace over a table in memory."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        DynamoWorkspaces(self.table).create(a_workspace())
        self.thresholds = DynamoThresholds(self.table, self.clock)

    def make(
        self, given: Rules | None = None, key: str | None = None, **body: str
    ) -> tuple[Threshold, str | None]:
        threshold_id = f"th_{self.clock.random_bytes(10).hex()}"
        threshold = new_threshold(W, threshold_id, given or rules(), self.clock.now_ms())
        return threshold, self.thresholds.create(threshold, key, body)

    def blocked(self, account_id: str | None = None) -> list[str]:
        key = workspace_key(W) if account_id is None else limits_key(W, account_id)
        return [f"{b.metric} {b.period} {b.limit}" for b in blocks_from(self.table.get(key))]

    def ids(self) -> list[str]:
        return [t.threshold_id for t in self.thresholds.readable(W) if t is not None]


@pytest.fixture
def store() -> Store:
    return Store()


def test_a_threshold_comes_back_as_it_was_saved(store: Store) -> None:
    every_member = Rules(
        "user", ACCOUNT, "cost", 12_345_678_901_234, 10**21, (5, 80, 100), block=True, enabled=False
    )
    for given in (rules(), every_member, Rules("workspace", None, "tokens", None, 1)):
        threshold, _ = store.make(given)

        assert store.thresholds.get(W, threshold.threshold_id) == threshold
        assert threshold in list(store.thresholds.readable(W))


def test_a_changed_threshold_keeps_its_revisions(store: Store) -> None:
    threshold, _ = store.make(rules(daily=100, monthly=1000))
    threshold_id = threshold.threshold_id
    store.thresholds.change(W, threshold_id, rules(daily=None, monthly=1000), START_MS + 1)

    changed = store.thresholds.change(W, threshold_id, rules(daily=100, monthly=1000), START_MS + 2)

    assert changed == store.thresholds.get(W, threshold_id)
    assert (changed.daily.revision, changed.monthly.revision, changed.version) == (3, 1, 3)
    assert (changed.created_ms, changed.updated_ms) == (START_MS, START_MS + 2)


def test_what_is_not_there_is_not_found(store: Store) -> None:
    missing = "th_00000000000000000000"
    for call in (
        lambda: store.thresholds.get(W, missing),
        lambda: store.thresholds.get(W, "TOTAL"),
        lambda: store.thresholds.delete(W, missing),
        lambda: store.thresholds.change(W, missing, rules(), START_MS),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_another_workspaces_threshold_is_not_found(store: Store) -> None:
    threshold, _ = store.make()

    with pytest.raises(NotFoundError):
        store.thresholds.get("other", threshold.threshold_id)


def test_a_threshold_of_a_later_release_is_told_apart_and_the_others_are_read(
    store: Store,
) -> None:
    first, _ = store.make()
    second, _ = store.make()
    item = store.table.get(threshold_key(W, first.threshold_id))
    assert item is not None
    store.table.write(Put(item | {"mt": "patience"}))

    found = list(store.thresholds.readable(W))

    assert sorted(found, key=lambda each: each is None) == [second, None]


def test_there_are_at_most_so_many_thresholds_and_a_deleted_one_makes_room(store: Store) -> None:
    made = [store.make()[0] for _ in range(MAX_THRESHOLDS)]

    with pytest.raises(ValidationFailedError, match="at most 200"):
        store.make()
    store.thresholds.delete(W, made[0].threshold_id)
    store.make()

    assert len(store.ids()) == MAX_THRESHOLDS


def test_two_at_once_cannot_both_take_the_last_place(store: Store) -> None:
    for _ in range(MAX_THRESHOLDS - 1):
        store.make()

    store.table.meet("transact", store.make)
    with pytest.raises(ValidationFailedError, match="at most 200"):
        store.make()

    assert len(store.ids()) == MAX_THRESHOLDS


def test_a_repeat_under_a_key_makes_nothing_more(store: Store) -> None:
    first, earlier = store.make(key="k", body="1")
    assert earlier is None

    _, again = store.make(key="k", body="1")

    assert again == first.threshold_id
    assert store.ids() == [first.threshold_id]
    with pytest.raises(IdempotencyConflictError):
        store.make(key="k", body="2")


def test_a_lost_answer_is_settled_by_the_repeat(store: Store) -> None:
    store.table.meet("transact", Fault.TIMEOUT_AFTER)
    with pytest.raises(StoreUnavailableError):
        store.make(key="k")

    _, earlier = store.make(key="k")

    assert store.ids() == [earlier]


def test_a_blocking_threshold_tells_the_ledger_and_takes_it_back(store: Store) -> None:
    each, _ = store.make(blocking())
    one, _ = store.make(blocking(ACCOUNT, "cost"))
    assert (store.blocked(), store.blocked(ACCOUNT)) == (
        ["requests daily 100"],
        ["cost daily 100"],
    )

    changed = rules(account_id=ACCOUNT, block=True, daily=7, monthly=9)
    store.thresholds.change(W, one.threshold_id, changed, START_MS)
    assert store.blocked(ACCOUNT) == ["requests daily 7", "requests monthly 9"]

    store.thresholds.change(W, one.threshold_id, blocking(OTHER), START_MS)
    assert (store.blocked(ACCOUNT), store.blocked(OTHER)) == ([], ["requests daily 100"])

    store.thresholds.change(W, one.threshold_id, rules(account_id=OTHER), START_MS)
    store.thresholds.delete(W, each.threshold_id)
    assert (store.blocked(), store.blocked(OTHER)) == ([], [])
    assert store.table.get(limits_key(W, OTHER)) is None
    settings = store.table.get(workspace_key(W))
    assert settings is not None
    assert "bl" not in settings


def test_blocks_of_several_thresholds_stand_side_by_side(store: Store) -> None:
    first, _ = store.make(blocking())
    store.make(blocking(metric="cost"))

    store.thresholds.delete(W, first.threshold_id)

    assert store.blocked() == ["cost daily 100"]


def test_there_are_at_most_so_many_blocking_limits_on_a_user(store: Store) -> None:
    for _ in range(MAX_BLOCKS):
        store.make(blocking(ACCOUNT))

    with pytest.raises(ValidationFailedError, match="/block"):
        store.make(blocking(ACCOUNT))

    assert len(store.ids()) == MAX_BLOCKS
    store.make(blocking(OTHER))
    store.make(blocking())


def test_a_block_of_a_later_release_is_left_alone_and_the_others_hold(store: Store) -> None:
    """OPS-6, REC-8: after a roll-back nothing that is recorded fails because of it."""
    store.make(blocking())
    later = [
        "th_later|patience|daily|5",
        "th_later|tokens|daily|5|often",
        "th_later|tokens|daily|five",
    ]
    settings = store.table.get(workspace_key(W))
    assert settings is not None
    lines = list(texts(settings, "bl"))
    store.table.write(Put({**settings, "bl": [*lines, *later]}))

    assert store.blocked() == ["requests daily 100"]
    store.make(blocking(metric="tokens"))
    assert store.blocked() == ["requests daily 100", "tokens daily 100"]
    kept = store.table.get(workspace_key(W))
    assert kept is not None
    assert set(later) < set(texts(kept, "bl"))


def test_changed_settings_and_changed_blocks_do_not_undo_each_other(store: Store) -> None:
    workspaces = DynamoWorkspaces(store.table)
    before = workspaces.get(W)

    store.table.meet("transact", lambda: workspaces.replace(replace(before, name="New"), before))
    store.make(blocking())

    assert workspaces.get(W).name == "New"
    assert workspaces.get(W).version == before.version + 1
    now = workspaces.get(W)
    workspaces.replace(replace(now, name="Newer"), now)
    assert store.blocked() == ["requests daily 100"]


Write = Callable[[Store, str, str | None], object]


@pytest.mark.parametrize("whose", [None, ACCOUNT], ids=["each", "one"])
@pytest.mark.parametrize(
    "write",
    [
        lambda store, each, whose: store.make(blocking(whose, "cost")),
        lambda store, each, whose: store.thresholds.change(
            W, each, blocking(whose, "cost"), START_MS
        ),
        lambda store, each, whose: store.thresholds.delete(W, each),
    ],
    ids=["make", "change", "delete"],
)
@pytest.mark.parametrize("fault", [None, Fault.CONFLICT, Fault.SHORT_REASONS, Fault.THROTTLED])
def test_a_list_of_blocks_that_others_change_meanwhile_is_read_again(
    store: Store, write: Write, fault: Fault | None, whose: str | None
) -> None:
    threshold, _ = store.make(blocking(whose))

    steps = [lambda: store.make(blocking(whose, "tokens"))] + ([fault] if fault else [])
    store.table.meet("transact", *steps)
    write(store, threshold.threshold_id, whose)

    assert "tokens daily 100" in store.blocked(whose)
    left = {t.threshold_id for t in store.thresholds.readable(W) if t and t.rules.block}
    item = store.table.get(workspace_key(W) if whose is None else limits_key(W, whose))
    assert {block.threshold_id for block in blocks_from(item)} == left


def test_the_first_two_blocks_on_a_user_made_at_once_are_both_there(store: Store) -> None:
    store.table.meet("transact", lambda: store.make(blocking(ACCOUNT, "tokens")))
    store.make(blocking(ACCOUNT, "cost"))

    assert sorted(store.blocked(ACCOUNT)) == ["cost daily 100", "tokens daily 100"]


def test_the_last_of_two_changes_wins_whole(store: Store) -> None:
    threshold, _ = store.make()
    threshold_id = threshold.threshold_id

    store.table.meet(
        "transact",
        lambda: store.thresholds.change(W, threshold_id, blocking(metric="tokens"), START_MS + 1),
    )
    last = store.thresholds.change(W, threshold_id, blocking(metric="cost"), START_MS + 2)

    assert store.thresholds.get(W, threshold_id) == last
    assert (last.version, last.daily.revision) == (3, 3)
    assert store.blocked() == ["cost daily 100"]


def test_a_threshold_deleted_meanwhile_is_not_brought_back(store: Store) -> None:
    threshold, _ = store.make(blocking())

    store.table.meet("transact", lambda: store.thresholds.delete(W, threshold.threshold_id))
    with pytest.raises(NotFoundError):
        store.thresholds.change(W, threshold.threshold_id, blocking(), START_MS)

    assert (store.ids(), store.blocked()) == ([], [])


def test_contention_without_end_is_told(store: Store) -> None:
    threshold, _ = store.make()

    def busy(call: Call) -> Fault | None:
        store.clock.advance(seconds=1)
        return Fault.CONFLICT if call.verb == "transact" else None

    store.table.meet_chaos(busy)
    with pytest.raises(ConflictRetryError):
        store.thresholds.delete(W, threshold.threshold_id)


def test_no_users_id_stands_in_the_items(store: Store) -> None:
    store.make(blocking(ACCOUNT))

    items = store.table.query(Query(thresholds_pk(W))).items
    assert "alice" not in str(items + store.table.items())
