"""POSTs that are not usage logs count once under their key (REC-4)."""

from __future__ import annotations

import pytest

from shared.domain.errors import (
    ConflictRetryError,
    IdempotencyConflictError,
    ValidationFailedError,
)
from shared.domain.fingerprint import members_of
from shared.http.idempotency import idempotency_key_of
from shared.http.messages import Request
from shared.store.idempotency import ATTEMPTS, Once, commit_once, made_before
from shared.store.table import NEW_ITEM, Put, StoreUnavailableError, TransactionCanceledError
from tests.factories import http_event
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Fault
from tests.fakes.table import FakeTable


def once(key: str = "k", workspace: str = "acme", scope: str = "things", **body: object) -> Once:
    return Once(workspace, scope, key, members_of(body or {"name": "A", "size": 1}))


def thing(name: str = "thing-1") -> Put:
    return Put({"pk": "THINGS", "sk": name}, NEW_ITEM)


class Store:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)

    def make(self, asked: Once, name: str = "thing-1") -> str | None:
        return commit_once(self.table, asked, name, [thing(name)], self.clock.random_bytes)

    @property
    def things(self) -> list[object]:
        return [item["sk"] for item in self.table.items() if item["pk"] == "THINGS"]


@pytest.fixture
def store() -> Store:
    return Store()


def test_the_first_request_makes_the_thing(store: Store) -> None:
    assert store.make(once()) is None
    assert store.things == ["thing-1"]
    assert made_before(store.table, once()) == "thing-1"


def test_a_repeat_makes_nothing_and_names_the_first_thing(store: Store) -> None:
    store.make(once())

    assert store.make(once(), "thing-2") == "thing-1"
    assert store.things == ["thing-1"]


def test_another_body_under_the_key_is_refused_naming_what_differs(store: Store) -> None:
    store.make(once(name="A", size=1, color="red"))

    with pytest.raises(IdempotencyConflictError) as caught:
        store.make(once(name="B", size=1, weight=2), "thing-2")

    assert [e.pointer for e in caught.value.errors] == ["/color", "/name", "/weight"]
    assert store.things == ["thing-1"]


@pytest.mark.parametrize("other", [once("k2"), once(workspace="globex"), once(scope="others")])
def test_the_key_counts_in_its_workspace_and_path_alone(store: Store, other: Once) -> None:
    store.make(once())

    assert store.make(other, "thing-2") is None
    assert store.things == ["thing-1", "thing-2"]


def test_what_is_kept_does_not_give_the_body_away(store: Store) -> None:
    store.make(once(name="a very private name"))

    assert "private" not in str(store.table.items())


def test_two_of_the_same_at_once_make_one_thing(store: Store) -> None:
    def other() -> None:
        store.make(once(), "thing-2")

    store.table.meet("transact", other)

    assert store.make(once(), "thing-1") == "thing-2"
    assert store.things == ["thing-2"]


def test_a_thing_that_is_there_already_is_told_from_a_repeat(store: Store) -> None:
    store.table.write(thing())

    with pytest.raises(TransactionCanceledError) as caught:
        store.make(once())

    assert [reason.condition_failed for reason in caught.value.reasons] == [True]
    assert made_before(store.table, once()) is None


def test_two_that_would_make_the_very_same_thing_are_a_repeat_too(store: Store) -> None:
    store.table.meet("transact", lambda: store.make(once()))

    assert store.make(once()) == "thing-1"


def test_a_lost_answer_is_settled_by_the_repeat(store: Store) -> None:
    store.table.meet("transact", Fault.TIMEOUT_AFTER)
    with pytest.raises(StoreUnavailableError):
        store.make(once())

    assert store.make(once(), "thing-2") == "thing-1"


def test_passing_conflicts_are_overcome_and_lasting_ones_told(store: Store) -> None:
    store.table.meet("transact", *[Fault.CONFLICT] * (ATTEMPTS - 1))
    assert store.make(once()) is None

    store.table.meet("transact", *[Fault.CONFLICT] * ATTEMPTS)
    with pytest.raises(ConflictRetryError):
        store.make(once("k2"), "thing-2")


def keyed(key: str | None) -> str | None:
    headers = {} if key is None else {"Idempotency-Key": key}
    return idempotency_key_of(Request.of(http_event("POST", "/x", headers=headers), "req-1"))


@pytest.mark.parametrize("key", [None, "a", "a.B_9:@-", "k" * 128])
def test_a_key_of_the_id_alphabet_is_taken(key: str | None) -> None:
    assert keyed(key) == key


@pytest.mark.parametrize("key", ["", "k" * 129, "a b", "a/b", "a#b", "ü", "a\n"])
def test_any_other_key_is_refused(key: str) -> None:
    with pytest.raises(ValidationFailedError):
        keyed(key)
