"""A release reads what the one before wrote, and the one before reads what this one writes (OPS-6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.ledger import Movement
from shared.store.alerts import alert_from
from shared.store.api_keys import api_key_from
from shared.store.audit import audit_from
from shared.store.cell_items import delta_from
from shared.store.exports import export_from
from shared.store.fold_items import cursor_from, parked_from, step_from
from shared.store.items import entry_from, head_from
from shared.store.log_items import log_from, repriced_from
from shared.store.nights import night_from
from shared.store.repricings import repricing_from
from shared.store.schema import SCHEMA_VERSION
from shared.store.table import Item, NewerItemError, Put, text
from shared.store.thresholds import threshold_from
from shared.store.workspace_items import customer_from, prices_from, workspace_from
from tests.factories import WORKSPACE, a_usage
from tests.reconciling import ProvedShop
from tests.releases.past import FOLDER, lived, load, to_plain

RELEASES = sorted(file.stem for file in FOLDER.glob("*.json"))
NEWEST = RELEASES[-1]
Decode = Callable[[Any], object]

DECODERS: dict[str, Decode] = {
    "alert": alert_from,
    "API key": api_key_from,
    "audit entry": audit_from,
    "cell": delta_from,
    "cursor": cursor_from,
    "customer": lambda item: customer_from(item, None),
    "entry": entry_from,
    "export": export_from,
    "head": head_from,
    "log": log_from,
    "night": night_from,
    "parked": parked_from,
    "prices": prices_from,
    "repriced": repriced_from,
    "repricing": repricing_from,
    "threshold": threshold_from,
    "workspace": workspace_from,
}


def _shop_with(items: list[Item]) -> ProvedShop:
    """A workspace that finds these items in its table."""
    shop = ProvedShop()
    for item in items:
        shop.table.write(Put(item))
    shop.lose_stream()
    return shop


def _later(item: Item) -> Item:
    """The item as a later release of the same schema version writes it: with something more."""
    return {**item, "zz": "of a later release", "zy": 7, "zx": ["a"], "zw": b"\x00"}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("change", [dict, _later], ids=["as written", "with more in it"])
def test_books_cells_and_repeats_of_another_release_are_understood(
    release: str, change: Callable[[Item], Item]
) -> None:
    items = load(release)
    shop = _shop_with([change(item) for item in items])
    logs = [item for item in items if item["sk"] == "LOG"]

    assert shop.prove().drift == {}
    posted = Movement("credit", "purchase", 40, note="May")
    assert shop.ledger.move(WORKSPACE, "bob", posted, "invoice-7").replayed
    for item in logs:
        log_id = text(item, "pk").partition("#L#")[2]
        (outcome,) = shop.ledger.record(WORKSPACE, [a_usage(log_id, user_id="alice")]).outcomes
        assert outcome.status != "created", "a known id is never recorded anew"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("change", [dict, _later], ids=["as written", "with more in it"])
def test_a_workspace_of_another_release_goes_on(
    release: str, change: Callable[[Item], Item]
) -> None:
    """Heads and cells of that release are added to by this one, and stay exact."""
    shop = _shop_with([change(item) for item in load(release)])
    shop.clock.advance(minutes=30)

    for user in ("alice", "bob", "carol", "dave"):
        shop.use(user, a_usage(f"new-{user}", user_id=user, credits=3))
        shop.move("purchase", user)
    shop.fold_stream()

    assert shop.prove().drift == {}


def test_what_is_written_now_is_what_the_newest_release_wrote() -> None:
    """Whoever changes a raw item sees it here. docs/decisions/0030 says which changes can be rolled back."""
    then = {(row["pk"], row["sk"]): row for row in to_plain(load(NEWEST))}
    now = {(row["pk"], row["sk"]): row for row in to_plain(lived().table.items())}

    assert now == then


def test_every_item_carries_its_schema_version() -> None:
    shop = lived()

    assert {item.get("v") for item in shop.table.items()} == {SCHEMA_VERSION}


@pytest.mark.parametrize("kind", sorted(DECODERS))
def test_an_item_of_a_later_version_is_refused_and_not_misread(kind: str) -> None:
    """However like one of today it looks: the version is what is looked at first."""
    item: Item = {"pk": "W#acme", "sk": "x", "v": SCHEMA_VERSION + 1}

    with pytest.raises(NewerItemError, match=f"has schema version {SCHEMA_VERSION + 1}"):
        DECODERS[kind](item)


def test_an_entry_of_a_later_version_is_set_aside_and_holds_back_its_account_alone() -> None:
    shop = ProvedShop()
    (entry, other) = shop.use("alice"), shop.use("bob")
    shop.damage(f"A#{entry.account_id}", "J#", v=1)
    shop.lose_stream()

    folded = shop.fold_entries.redrive(
        [(WORKSPACE, entry.account_id), (WORKSPACE, other.account_id)]
    )

    assert (folded.folded, folded.parked) == (1, 1)
    (message,) = shop.parked.messages
    assert "schema version 2" in str(message["reason"])
    step = step_from(1, {**shop.one(f"A#{entry.account_id}", "J#")})
    assert "NewerItemError" in str(step)
