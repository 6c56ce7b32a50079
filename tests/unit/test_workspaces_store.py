"""Workspaces, prices and customers in the store (PRI-6, REC-7, SEC-5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import (
    AlreadyExistsError,
    ConflictRetryError,
    IdempotencyConflictError,
    NotFoundError,
    ValidationFailedError,
    WorkspaceInUseError,
)
from shared.domain.ids import account_id_of
from shared.domain.pricing import MAX_WORKSPACE_PRICES, WorkspacePrice
from shared.domain.rates import TokenRates
from shared.domain.workspace import Customer, Workspace
from shared.store.directory import DynamoDirectory
from shared.store.schema import customer_key, directory_key
from shared.store.table import ConditionFailedError, Delete, StoreUnavailableError
from shared.store.workspace_items import (
    prices_from,
    prices_item,
    workspace_from,
    workspace_item,
)
from shared.store.workspaces import ATTEMPTS, DynamoWorkspaces, mark_in_use
from tests.factories import SECRET, a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Fault
from tests.fakes.limits import MAX_ITEM_BYTES, item_bytes
from tests.fakes.table import FakeTable

PICOS = st.integers(0, 10**21)
NAMES = st.text("abcXYZ019._:@/-", min_size=1, max_size=20)
RATES = st.builds(TokenRates, PICOS, PICOS, st.none() | PICOS, st.none() | PICOS, st.none() | PICOS)
PRICES = st.builds(
    WorkspacePrice, NAMES, st.none() | NAMES, st.integers(0, 10**14), PICOS
) | st.builds(
    lambda service, at, rates: WorkspacePrice(service, None, at, rates=rates),
    NAMES,
    st.integers(0, 10**14),
    RATES,
)


class Store:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.workspaces = DynamoWorkspaces(self.table, self.clock.random_bytes)
        self.directory = DynamoDirectory(self.table)

    def made(self, **settings: object) -> Workspace:
        workspace = a_workspace(**settings)
        self.workspaces.create(workspace)
        return workspace

    def customer(self, user: str, **changes: object) -> Customer:
        plain = Customer(account_id_of(SECRET, user), user, user.title(), active=True)
        customer = replace(plain, **changes)  # type: ignore[arg-type]
        self.workspaces.put_customer("acme", customer)
        return customer


@pytest.fixture
def store() -> Store:
    return Store()


@given(
    st.builds(
        Workspace,
        workspace_id=st.text("aZ0._:@-", min_size=1, max_size=128),
        name=st.text(min_size=1),
        secret=st.binary(min_size=32, max_size=32),
        created_ms=st.integers(0, 10**14),
        timezone=st.sampled_from(("UTC", "Asia/Kathmandu")),
        currency=st.sampled_from(("USD", "THB")),
        pricing_mode=st.sampled_from(("flat", "tokens")),
        request_picos=PICOS,
        credit_value_picos=PICOS,
        enforce_credits=st.booleans(),
        registered_only=st.booleans(),
        retention_days=st.integers(1, 400),
        user_privacy=st.sampled_from(("pseudonymous", "visible")),
        exchange_rate_picos=st.none() | PICOS,
        alert_emails=st.lists(st.emails(), max_size=10).map(tuple),
        in_use=st.booleans(),
        generation=st.integers(1, 100),
        version=st.integers(1, 100),
    )
)
def test_every_workspace_survives_its_item(workspace: Workspace) -> None:
    assert workspace_from(workspace_item(workspace)) == workspace


@given(st.lists(PRICES, max_size=20))
def test_all_prices_survive_their_item(prices: list[WorkspacePrice]) -> None:
    assert prices_from(prices_item("acme", tuple(prices), 1)) == tuple(prices)


def test_as_many_prices_as_can_be_fit_into_an_item(store: Store) -> None:
    longest = 128 * "m"
    rate = 10**21
    prices = tuple(
        WorkspacePrice(longest, longest, 10**14, rates=TokenRates(rate, rate, rate, rate, rate))
        for _ in range(MAX_WORKSPACE_PRICES)
    )

    item = prices_item("acme", prices, 1)

    assert item_bytes(item) < MAX_ITEM_BYTES


def test_a_workspace_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFoundError):
        store.workspaces.get("acme")


def test_an_id_is_taken_once(store: Store) -> None:
    store.made(name="First")

    with pytest.raises(AlreadyExistsError):
        store.workspaces.create(a_workspace(name="Second"))
    assert store.workspaces.get("acme").name == "First"


def test_a_workspace_is_made_once_under_its_key(store: Store) -> None:
    first, second = a_workspace(name="First"), a_workspace(name="Second")

    assert store.workspaces.create_once(first, "k", {"/name": "1"}) is None
    assert store.workspaces.create_once(second, "k", {"/name": "1"}) == "acme"
    with pytest.raises(IdempotencyConflictError):
        store.workspaces.create_once(second, "k", {"/name": "2"})
    with pytest.raises(AlreadyExistsError):
        store.workspaces.create_once(second, "k2", {"/name": "1"})
    assert store.workspaces.get("acme").name == "First"


def test_changed_settings_are_written_as_the_next_version(store: Store) -> None:
    workspace = store.made(exchange_rate_picos=5)

    changed = replace(workspace, name="New", exchange_rate_picos=None, enforce_credits=False)
    store.workspaces.replace(changed, workspace)

    assert store.workspaces.get("acme") == replace(changed, version=2)


def test_of_two_who_change_the_same_settings_one_is_told_to_repeat(store: Store) -> None:
    workspace = store.made()
    store.workspaces.replace(replace(workspace, name="Theirs"), workspace)

    with pytest.raises(ConflictRetryError):
        store.workspaces.replace(replace(workspace, name="Ours"), workspace)
    assert store.workspaces.get("acme").name == "Theirs"


def test_currency_and_time_zone_may_change_until_there_are_logs(store: Store) -> None:
    workspace = store.made()

    store.workspaces.replace(replace(workspace, currency="THB", timezone="Asia/Bangkok"), workspace)

    changed = store.workspaces.get("acme")
    assert (changed.currency, changed.timezone) == ("THB", "Asia/Bangkok")


@pytest.mark.parametrize("change", [{"currency": "THB"}, {"timezone": "Asia/Bangkok"}])
def test_currency_and_time_zone_are_fixed_by_a_log_that_comes_between(
    store: Store, change: dict[str, str]
) -> None:
    workspace = store.made()
    store.table.write(mark_in_use(workspace))

    with pytest.raises(WorkspaceInUseError):
        store.workspaces.replace(replace(workspace, **change), workspace)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"currency": "THB"}, {"timezone": "Asia/Bangkok"}])
def test_a_first_log_priced_by_settings_that_changed_is_not_written(
    store: Store, change: dict[str, str]
) -> None:
    workspace = store.made()
    store.workspaces.replace(replace(workspace, **change), workspace)  # type: ignore[arg-type]

    with pytest.raises(ConditionFailedError):
        store.table.write(mark_in_use(workspace))


def test_the_mark_of_the_first_log_survives_a_change_made_from_before_it(store: Store) -> None:
    workspace = store.made()
    store.table.write(mark_in_use(workspace))

    store.workspaces.replace(replace(workspace, name="New"), workspace)

    assert store.workspaces.get("acme").in_use


def test_addresses_taken_out_are_kept_in_mind_until_they_are_dealt_with(store: Store) -> None:
    workspace = store.made(alert_emails=("a@x.io", "b@x.io", "c@x.io"))
    store.workspaces.replace(replace(workspace, alert_emails=("c@x.io",)), workspace)
    second = store.workspaces.get("acme")
    store.workspaces.replace(replace(second, alert_emails=("a@x.io",)), second)

    assert store.workspaces.leaving("acme") == ("b@x.io", "c@x.io")
    assert not store.workspaces.forget_leaving(second), "that was about other settings"
    assert store.workspaces.forget_leaving(store.workspaces.get("acme"))
    assert store.workspaces.leaving("acme") == ()


def test_workspaces_are_listed_in_order_of_their_ids(store: Store) -> None:
    for name in ("b", "a", "c"):
        store.made(workspace_id=name)

    first = store.workspaces.list_after(None, 2)
    second = store.workspaces.list_after(first.next_key, 2)

    assert [workspace.workspace_id for workspace in first.rows] == ["a", "b"]
    assert [workspace.workspace_id for workspace in second.rows] == ["c"]
    assert second.next_key is None


def test_a_price_of_the_same_service_model_and_time_is_replaced(store: Store) -> None:
    prices = [
        WorkspacePrice("chat", "gpt", 100, 5),
        WorkspacePrice("chat", "gpt", 100, 7),
        WorkspacePrice("chat", "gpt", 50, 3),
        WorkspacePrice("chat", None, 100, 1),
    ]
    for price in prices:
        store.workspaces.put_price("acme", price)

    assert store.workspaces.prices("acme") == (prices[3], prices[2], prices[1])


def test_two_prices_put_at_once_are_both_there(store: Store) -> None:
    ours, theirs = WorkspacePrice("chat", "a", 0, 1), WorkspacePrice("chat", "b", 0, 2)
    store.table.meet("write", lambda: store.workspaces.put_price("acme", theirs))

    store.workspaces.put_price("acme", ours)

    assert store.workspaces.prices("acme") == (ours, theirs)


def test_prices_are_bounded(store: Store) -> None:
    for at_ms in range(MAX_WORKSPACE_PRICES):
        store.workspaces.put_price("acme", WorkspacePrice("chat", "gpt", at_ms, 1))

    with pytest.raises(ValidationFailedError):
        store.workspaces.put_price("acme", WorkspacePrice("chat", "gpt", -1, 1))
    store.workspaces.put_price("acme", WorkspacePrice("chat", "gpt", 0, 2))


def test_prices_of_one_workspace_are_not_anothers(store: Store) -> None:
    store.workspaces.put_price("acme", WorkspacePrice("chat", "gpt", 0, 1))

    assert store.workspaces.prices("globex") == ()


def test_a_customer_is_found_again_with_the_id_that_only_the_directory_holds(store: Store) -> None:
    alice = store.customer("alice")

    assert store.workspaces.customer("acme", alice.account_id) == alice
    holders = [item for item in store.table.items() if "alice" in map(str, item.values())]
    key = directory_key("acme", alice.account_id)
    assert [(item["pk"], item["sk"]) for item in holders] == [(key["pk"], key["sk"])]


def test_a_customer_registered_again_is_changed_and_counted_once(store: Store) -> None:
    store.customer("alice")
    changed = store.customer("alice", name="Alice B", active=False)

    assert store.workspaces.customer("acme", changed.account_id) == changed
    assert store.workspaces.customers_total("acme") == 1


def test_a_customer_registered_twice_at_once_is_counted_once(store: Store) -> None:
    store.table.meet("transact", lambda: store.customer("alice"))

    store.customer("alice")

    assert store.workspaces.customers_total("acme") == 1


def test_a_registration_whose_answer_got_lost_is_counted_once(store: Store) -> None:
    store.table.meet("transact", Fault.TIMEOUT_AFTER)
    with pytest.raises(StoreUnavailableError):
        store.customer("alice")

    store.customer("alice")

    assert store.workspaces.customers_total("acme") == 1


def test_registrations_that_keep_colliding_are_told_to_repeat(store: Store) -> None:
    store.table.meet("transact", *[Fault.CONFLICT] * ATTEMPTS)

    with pytest.raises(ConflictRetryError):
        store.customer("alice")


def test_customers_are_listed_page_by_page_in_both_directions(store: Store) -> None:
    made = sorted((store.customer(f"user-{n}") for n in range(7)), key=lambda c: c.account_id)

    pages, after = [], None
    while True:
        page = store.workspaces.customers_after("acme", after, 3)
        pages.append(page.rows)
        after = page.next_key
        if after is None:
            break

    assert pages == [made[:3], made[3:6], made[6:]]
    back = store.workspaces.customers_after("acme", None, 3, skip=2, descending=True)
    assert back.rows == made[4:1:-1]
    assert store.workspaces.customers_after("acme", None, 3, skip=7).rows == []
    assert store.workspaces.customers_total("acme") == 7


def test_the_count_of_customers_is_no_customer(store: Store) -> None:
    store.customer("alice")

    assert store.table.get(customer_key("acme", "TOTAL")) is not None
    assert len(store.workspaces.customers_after("acme", None, 10).rows) == 1
    everything = store.workspaces.customers_after("acme", None, 10, descending=True)
    assert len(everything.rows) == 1


def test_a_customer_who_left_the_directory_is_shown_by_the_account(store: Store) -> None:
    alice = store.customer("alice")
    store.table.write(Delete(directory_key("acme", alice.account_id)))

    (shown,) = store.workspaces.customers_after("acme", None, 10).rows

    assert shown.user_id == alice.account_id
