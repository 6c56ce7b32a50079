"""A proof judges up to the head that it read: commits meanwhile are no drift, entries of nobody are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from functions.transactions.service import AccountOf
from functions.transactions.verification import VerifyAccount
from shared.domain.head import Head
from shared.reconcile.report import Report
from shared.reconcile.workspace import ProveWorkspace
from shared.store.items import head_item
from shared.store.proofs import sources_of
from shared.store.table import Put
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage
from tests.reconciling import KEY, ProvedShop


class Busy:
    """A port with some of its methods replaced: others write meanwhile, or an index lags behind."""

    def __init__(self, whole: Any, **instead: Callable[..., Any]) -> None:
        self._whole = whole
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._whole, name)


@pytest.fixture
def shop() -> ProvedShop:
    """Four commits of one user, folded."""
    shop = ProvedShop()
    for number in range(3):
        shop.use("alice", a_usage(f"log-{number}", user_id="alice"))
    shop.move("purchase", "alice")
    shop.fold_stream()
    return shop


def head_of(shop: ProvedShop) -> Head:
    """The user's head as it is now."""
    head = shop.accounts.head(WORKSPACE, shop.account_id("alice"))
    assert head is not None
    return head


def prove(shop: ProvedShop, *, cells: bool, **busy: Busy) -> Report:
    """The proof of the workspace over sources of which some are busy."""
    sources: Any = replace(sources_of(shop.table, shop.clock), **busy)
    return ProveWorkspace(sources, DynamoWorkspaces(shop.table), KEY, cells=cells)(WORKSPACE)


@pytest.mark.parametrize("cells", [True, False])
def test_who_commits_between_any_two_looks_makes_no_drift(shop: ProvedShop, *, cells: bool) -> None:
    accounts, numbers = shop.accounts, count()

    def head(workspace_id: str, account_id: str) -> Head | None:
        seen = accounts.head(workspace_id, account_id)
        shop.use("alice", a_usage(f"meanwhile-{next(numbers)}", user_id="alice", credits=7))
        return seen

    report = prove(shop, cells=cells, accounts=Busy(accounts, head=head))

    assert report.drift == {}
    assert next(numbers) > 1


def test_an_index_that_lags_behind_is_looked_at_again_and_one_that_stays_behind_is_told(
    shop: ProvedShop,
) -> None:
    logs = sources_of(shop.table, shop.clock).logs
    looks = count(1)

    def history(*args: Any, **named: Any) -> Iterator[Any]:
        rows = list(logs.history(*args, **named))
        return iter(rows if next(looks) > lagging else rows[:-1])

    lagging = 2
    assert prove(shop, cells=False, logs=Busy(logs, history=history)).drift == {}
    lagging = 9
    assert prove(shop, cells=False, logs=Busy(logs, history=history)).drift["logs logs"] == 1


@pytest.mark.parametrize("beyond", [1, 2, 4])
def test_entries_that_no_head_leads_to_are_found(shop: ProvedShop, beyond: int) -> None:
    entries, whole = shop.entries, head_of(shop)
    (before,) = [
        head
        for head in [*shop.accounts.heads_at(whole, [entry.seq for entry in entries]).values()]
        if head.seq == max(whole.seq - beyond, 1)
    ]
    shop.table.write(Put(head_item(before)))

    report = prove(shop, cells=False)

    assert report.drift["entries wrong"] == 1
    assert [f.place for f in report.findings if f.what == "entries wrong"] == [
        f"entry {before.seq + 1}"
    ]


def test_the_api_takes_an_entry_after_the_head_it_read_for_a_commit_if_the_head_has_moved(
    shop: ProvedShop,
) -> None:
    read = AccountOf(shop.workspace, head_of(shop), "alice")
    shop.use("alice", a_usage("meanwhile", user_id="alice"))

    assert VerifyAccount(shop.accounts).now(read).first_bad_seq is None


def test_the_api_tells_of_an_entry_that_no_head_leads_to(shop: ProvedShop) -> None:
    before = head_of(shop)
    shop.use("alice", a_usage("meanwhile", user_id="alice"))
    shop.table.write(Put(head_item(before)))

    proof = VerifyAccount(shop.accounts).now(AccountOf(shop.workspace, before, "alice"))

    assert proof.first_bad_seq == before.seq + 1
