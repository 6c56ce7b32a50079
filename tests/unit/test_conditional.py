"""Conditional requests and remembered answers (STA-7): cheap, never stale, never another's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest

from functions.aggregate.schemas import arrivals_of
from shared.domain.calendar import MS_PER_DAY
from shared.domain.workspace import Customer
from shared.http import remembered as remembered_answers
from shared.http.conditional import HIT, MISS, SETTLING_MS
from shared.http.messages import Identity
from shared.routes import ADMIN, OPERATOR, USER
from shared.store.directory import DynamoDirectory
from shared.store.items import entry_item
from shared.store.ledger import DynamoLedger
from shared.store.table import Table
from tests.answering import ADA, ALICE, BACKEND, STATS, Shop
from tests.client import Answer
from tests.factories import a_purchase, a_usage, a_workspace
from tests.fakes.clock import START_MS
from tests.fakes.stream import stream_record
from tests.folding import folder, interleave, seeded

ROUTES: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    (STATS, {}),
    ("/api/usage-logs/summary", {"groupBy": "user"}),
    ("/api/usage/stats/acme", {}),
    ("/api/usage/dashboard/acme", {}),
    ("/api/usage/summary/acme", {}),
    ("/api/analytics/dashboard", {}),
    ("/api/analytics/metrics", {}),
    ("/api/analytics/services", {}),
    ("/api/analytics/models", {}),
    ("/api/analytics/countries", {}),
    ("/api/analytics/platforms", {}),
    ("/api/analytics/hours", {}),
    ("/api/analytics/timeseries", {}),
    ("/api/analytics/users/top", {}),
    ("/api/analytics/token-usage", {}),
    ("/api/analytics/query", {"groupBy": "country"}),
    ("/api/analytics/savings", {}),
    ("/api/analytics/forecast", {}),
)


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.use("alice")
    shop.use("bob")
    shop.settle()
    return shop


@pytest.mark.parametrize(("path", "query"), ROUTES)
def test_an_answer_that_still_holds_takes_one_read_unit(
    shop: Shop, path: str, query: Mapping[str, str]
) -> None:
    first = shop.ask(path, query)

    units, again = shop.units(lambda: shop.ask(path, query, tag=first.headers["etag"]))

    assert (first.status, again.status) == (200, 304)
    assert units <= 1
    assert again.body is None
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("caller", [ALICE, ADA, BACKEND])
def test_an_account_s_answer_that_still_holds_takes_one_read_unit(
    shop: Shop, caller: Identity
) -> None:
    query = {} if caller is ALICE else {"userId": "alice"}
    first = shop.ask(STATS, query, caller=caller)

    units, again = shop.units(
        lambda: shop.ask(STATS, query, tag=first.headers["etag"], caller=caller)
    )

    assert again.status == 304
    assert units <= 1


def test_my_usage_that_still_holds_takes_one_read_unit(shop: Shop) -> None:
    path = "/api/analytics/my-usage"
    tag = shop.ask(path, caller=ALICE).headers["etag"]

    units, again = shop.units(lambda: shop.ask(path, tag=tag, caller=ALICE))

    assert (again.status, units <= 1) == (304, True)


def test_a_tag_holds_at_every_instance_but_not_under_another_release(shop: Shop) -> None:
    tag = shop.ask().headers["etag"]

    shop.app = shop.instance()
    assert shop.ask(tag=tag).status == 304
    shop.app = shop.instance(release="2")
    assert shop.ask(tag=tag).status == 200


@pytest.mark.parametrize(("path", "query"), ROUTES)
def test_a_write_shows_as_soon_as_it_is_folded(
    shop: Shop, path: str, query: Mapping[str, str]
) -> None:
    before = shop.ask(path, query)
    shop.use("carol", cost_picos=7 * 10**12, country="TH", platform="desk", failed=True)

    after = shop.ask(path, query, tag=before.headers["etag"])

    assert after.status == 200
    assert after.body != before.body
    assert after.body == refreshed(shop).ask(path, query).body


def refreshed(shop: Shop) -> Shop:
    """The same shop behind an instance that remembers nothing."""
    shop.app = shop.instance()
    return shop


@pytest.mark.parametrize("path", [STATS, "/api/usage-logs/summary", "/api/analytics/my-usage"])
def test_a_user_s_own_write_shows_before_it_is_folded(shop: Shop, path: str) -> None:
    before = shop.ask(path, caller=ALICE)
    shop.use("alice", folded=False)

    after = shop.ask(path, tag=before.headers["etag"], caller=ALICE)

    assert after.status == 200
    assert after.body != before.body


def test_another_user_s_write_shows_in_nothing_of_mine(shop: Shop) -> None:
    before = shop.ask(caller=ALICE)
    shop.use("bob", folded=False)

    assert shop.ask(tag=before.headers["etag"], caller=ALICE).status == 304


@pytest.mark.parametrize(
    "other",
    [
        ALICE,
        BACKEND,
        Identity("acme", OPERATOR, "olga"),
        Identity("other", ADMIN, "ada"),
        Identity("acme", USER, "bob"),
    ],
)
def test_nobody_else_is_given_an_answer_or_told_that_it_holds(shop: Shop, other: Identity) -> None:
    """SEC-1: not another role, not another user, not the same admin of another workspace."""
    Shop("other", shop.table)
    mine = shop.ask()

    theirs = shop.ask(tag=mine.headers["etag"], caller=other)

    assert theirs.status == 200
    assert theirs.headers["etag"] != mine.headers["etag"]
    assert theirs.body == refreshed(shop).ask(caller=other).body


def test_a_user_is_refused_another_s_figures_whatever_tag_they_show(shop: Shop) -> None:
    tag = shop.ask(STATS, {"userId": "bob"}).headers["etag"]

    assert shop.ask(STATS, {"userId": "bob"}, tag=tag, caller=ALICE).status == 404
    assert shop.ask("/api/usage/stats/other", tag=tag).status == 404


def test_other_questions_have_other_tags(shop: Shop) -> None:
    questions: list[tuple[str, Mapping[str, str]]] = [
        (STATS, {}),
        (STATS, {"service": "chat"}),
        (STATS, {"model": "chat"}),
        (STATS, {"userId": "alice"}),
        (STATS, {"userId": "bob"}),
        ("/api/usage-logs/summary", {}),
        ("/api/usage-logs/summary", {"period": "7d"}),
        ("/api/analytics/metrics", {}),
    ]

    tags = {shop.ask(*question).headers["etag"] for question in questions}

    assert len(tags) == len(questions)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "*",
        "W/",
        '"x"',
        "not a tag",
        'W/"1.acct_00000000000000000000.AAAAAAAAAAAAAAAAAAAAAAAA"',
        'W/"999999999999999..AAAAAAAAAAAAAAAAAAAAAAAA"',
        'W/"999999999999999.acct_00000000000000000000.AAAAAAAAAAAAAAAAAAAAAAAA"',
        'W/"-1..AAAAAAAAAAAAAAAAAAAAAAAA"',
        'W/"' + "9" * 10_000 + '..AAAAAAAAAAAAAAAAAAAAAAAA"',
        "\x00",
    ],
)
def test_a_tag_that_was_not_given_out_holds_nothing(shop: Shop, tag: str) -> None:
    answer = shop.ask(tag=tag)

    assert answer.status == 200
    assert answer.body["statistics"]["requests"] == 2


def test_one_of_several_tags_is_enough_and_a_strong_one_counts(shop: Shop) -> None:
    tag = shop.ask().headers["etag"]
    old = 'W/"1..AAAAAAAAAAAAAAAAAAAAAAAA"'

    assert shop.ask(tag=f"{old}, {tag}").status == 304
    assert shop.ask(tag=f"{tag}, {old}").status == 304
    assert shop.ask(tag=tag.removeprefix("W/")).status == 304


def test_what_is_relative_to_today_ends_with_the_local_day(shop: Shop) -> None:
    """STA-6: in Kathmandu the day ends at 18:15 UTC."""
    stored = shop.workspaces.get("acme")
    zoned = replace(a_workspace(workspace_id="kathmandu"), timezone="Asia/Kathmandu")
    assert stored.timezone == "UTC"
    shop.workspaces.create(zoned)
    caller = Identity("kathmandu", ADMIN, "ada")
    tag = shop.ask(caller=caller).headers["etag"]

    shop.clock.set(START_MS - START_MS % MS_PER_DAY + (18 * 60 + 15) * 60_000 - 1)
    assert shop.ask(tag=tag, caller=caller).status == 304
    shop.clock.advance(ms=1)
    tomorrow = shop.ask(tag=tag, caller=caller)
    assert tomorrow.status == 200
    assert tomorrow.body["statistics"]["byDay"][-1]["date"] == "2026-11-21"


def test_a_forecast_holds_for_ten_minutes_at_most(shop: Shop) -> None:
    path = "/api/analytics/forecast"
    tag = shop.ask(path).headers["etag"]

    shop.clock.advance(minutes=10)

    assert shop.ask(path, tag=tag).status == 200


def test_an_answer_given_while_indexes_settle_holds_for_two_seconds_only(shop: Shop) -> None:
    """A list of active accounts may lag behind the version it was read under."""
    shop.use("carol")
    tag = shop.ask().headers["etag"]

    assert shop.ask(tag=tag).status == 304
    shop.clock.advance(ms=SETTLING_MS)
    assert shop.ask(tag=tag).status == 200


def test_settings_prices_and_customers_that_are_announced_show(shop: Shop) -> None:
    path, query = "/api/usage/stats/acme", {"by": "messages"}
    before = shop.ask(path, query)
    stored = shop.workspaces.get("acme")
    shop.workspaces.replace(replace(stored, user_privacy="visible"), stored)
    account = DynamoDirectory(shop.table).account_of(stored, "alice")
    shop.workspaces.put_customer("acme", Customer(account, "alice", "Alice & Co", active=True))
    assert shop.ask(path, query, tag=before.headers["etag"]).status == 304

    shop.versions.bump("acme", shop.clock.now_ms())

    after = shop.ask(path, query, tag=before.headers["etag"])
    assert after.status == 200
    names = {client["clientId"]: client.get("name") for client in after.body["topClients"]}
    assert names == {"alice": "Alice & Co", "bob": None}


def test_a_purchase_shows_in_my_usage(shop: Shop) -> None:
    path = "/api/analytics/my-usage"
    before = shop.ask(path, caller=ALICE)
    shop.ledger.move("acme", "alice", a_purchase(1000), None)

    after = shop.ask(path, tag=before.headers["etag"], caller=ALICE)

    assert after.body["balance"] == before.body["balance"] + 1000


def test_an_instance_answers_again_from_memory_for_two_units(shop: Shop) -> None:
    cost, first = shop.units(shop.ask)
    again_cost, again = shop.units(shop.ask)

    assert (again.status, again.body, again.headers) == (200, first.body, first.headers)
    assert again_cost == 2 < cost


def test_hits_and_misses_are_counted(shop: Shop) -> None:
    tag = shop.ask().headers["etag"]
    assert shop.counted == {MISS: 1}
    shop.ask()
    shop.ask(tag=tag)
    assert shop.counted == {MISS: 1, HIT: 2}
    shop.use()
    shop.ask(tag=tag)
    assert shop.counted == {MISS: 2, HIT: 2}


def test_refusals_and_lists_have_no_tag(shop: Shop) -> None:
    assert "etag" not in shop.ask(STATS, {"service": "?"}).headers
    assert "etag" not in shop.ask(STATS, {"userId": "a b"}).headers
    assert "etag" not in shop.ask("/api/usage-logs/user/alice").headers
    assert shop.ask(STATS, {"service": "?"}).status == 422
    assert shop.counted[MISS] == 2


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("path", [STATS, "/api/analytics/my-usage", "/api/usage/stats/acme"])
def test_whatever_goes_on_during_a_read_an_answer_that_holds_is_the_latest(
    seed: int, path: str
) -> None:
    """Reads, commits and folds take turns at every call; afterwards a tag that holds is a true one."""
    shop = Shop()
    shop.use("alice")
    shop.clock.advance(ms=SETTLING_MS)
    caller = ALICE if path.endswith("my-usage") else ADA
    answers: list[Answer] = []

    def read(table: Table) -> None:
        shop.app = shop.instance(table=table)
        answers.extend(shop.ask(path, caller=caller) for _ in range(2))

    def write(table: Table) -> None:
        for number in range(2):
            usage = a_usage(f"raced-{number}", user_id="alice")
            (outcome,) = DynamoLedger(table, shop.clock).record("acme", [usage]).outcomes
            assert outcome.entry is not None
            folder(table, shop.clock)(arrivals_of([stream_record(entry_item(outcome.entry))]))

    interleave(shop.table, [read, write], seeded(seed))

    shop.app = shop.instance()
    truth = shop.ask(path, caller=caller).body
    for answer in answers:
        again = shop.ask(path, tag=answer.headers["etag"], caller=caller)
        assert again.status == 200 or answer.body == truth
        assert again.status == 304 or again.body == truth


def test_what_is_remembered_is_bounded() -> None:
    kept = remembered_answers.RememberedAnswers(max_bytes=10, max_answer_bytes=6)
    kept.put("a", b"1234")
    kept.put("b", b"1234")
    assert kept.get("a") == b"1234"
    kept.put("c", b"1234")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (b"1234", None, b"1234")
    kept.put("d", b"1234567")
    assert kept.get("d") is None
    kept.put("a", b"12")
    kept.put("e", b"1234")
    assert (kept.get("a"), kept.get("c"), kept.get("e")) == (b"12", b"1234", b"1234")
