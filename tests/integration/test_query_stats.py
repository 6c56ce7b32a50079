"""Reads of usage through the handler, on moto, over logs that were recorded and folded (STA-1 to STA-4)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.query_stats.handler import build
from functions.query_stats.settings import Settings
from shared.adapters.clock import SystemClock
from shared.domain.calendar import (
    MS_PER_DAY,
    add_days,
    day_start_ms,
    days_between,
    local_day,
    month_of,
    previous_month,
    utc_text,
    zone_of,
)
from shared.domain.ids import account_id_of
from shared.domain.journal import Entry
from shared.domain.tokens import Tokens
from shared.domain.usage import Usage, UsageLog
from shared.domain.workspace import Customer
from shared.store.dynamo import DynamoTable
from shared.store.items import entry_item
from shared.store.ledger import DynamoLedger
from shared.store.table import Item, Put
from shared.store.workspaces import DynamoWorkspaces
from tests.conftest import dynamo_table
from tests.factories import a_usage
from tests.fakes.stream import stream_record
from tests.fakes.table import FakeTable
from tests.folding import fold
from tests.integration.backend import Backend
from tests.issuer import jwks, served
from tests.people import People
from tests.tables import create_table
from tests.usage import assert_measures, cost_of, grouped, local_time

ZONE = zone_of("Europe/Berlin")
USERS = ("alice", "bob", "carol")
STATS = "/api/usage-logs/stats"
SUMMARY = "/api/usage-logs/summary"
ALICE = "/api/usage-logs/user/alice"


class Shop:
    """A workspace in Berlin with usage of the last seventy days.

    The ledger and the folding write to a table in memory, from which moto gets its items: its
    transactions copy the whole table each time.
    """

    def __init__(self, table: DynamoTable, jwks_url: str) -> None:
        settings = Settings.read()
        assert settings.jwt is not None
        handler = build(replace(settings, jwt=replace(settings.jwt, jwks_url=jwks_url)))
        self.table = table
        self.people = People(handler)
        self.memory = FakeTable(SystemClock())
        self.backend = Backend(self.memory, enforce_credits=False, timezone="Europe/Berlin")
        self.service = self.people.key(self.backend.key)
        self.now_ms = SystemClock().now_ms()
        self.today = local_day(self.now_ms, ZONE)
        self.logs: list[UsageLog] = []
        self._copied: dict[tuple[object, object], Item] = {}
        self._ledger = DynamoLedger(self.memory, SystemClock())

    def account(self, user_id: str) -> str:
        return account_id_of(self.backend.workspace.secret, user_id)

    def record(self, rows: list[Usage]) -> list[Entry]:
        """Record usage; the journal entries of it."""
        outcomes = self._ledger.record("acme", rows).outcomes
        self.logs += [outcome.log for outcome in outcomes if outcome.log is not None]
        assert {outcome.status for outcome in outcomes} == {"created"}
        self.copy()
        return list(
            {outcome.entry.hash: outcome.entry for outcome in outcomes if outcome.entry}.values()
        )

    def fold(self, entries: list[Entry]) -> None:
        """Let the cells follow."""
        fold(self.memory, [stream_record(entry_item(entry)) for entry in entries])
        self.copy()

    def copy(self) -> None:
        """Bring moto's table up to date."""
        for item in self.memory.items():
            address = item["pk"], item["sk"]
            if self._copied.get(address) != item:
                self.table.write(Put(item))
                self._copied[address] = item

    def between(self, first: str, last: str, user_id: str | None = None) -> list[UsageLog]:
        """The logs of a range of days."""
        return [
            log
            for log in self.logs
            if first <= self.day(log) <= last
            and (user_id is None or log.account_id == self.account(user_id))
        ]

    def day(self, log: UsageLog) -> str:
        return local_time(log, ZONE).date().isoformat()


def random_usage(random: Random, number: int, now_ms: int) -> Usage:
    """A call by one of three users, more often of late."""
    back_ms = int(70 * MS_PER_DAY * random.random() ** 2)
    return a_usage(
        f"log-{number:04d}",
        user_id=random.choice(USERS),
        service=random.choice(("chat", "images")),
        provider=random.choice(("azure", "openai")),
        model=random.choice((None, "gpt-4o", "claude/opus")),
        tokens=random.choice((None, Tokens(77), Tokens.of_parts(900, 80, 300, 200, 7))),
        cost_picos=random.randrange(10**13),
        failed=random.random() < 0.2,
        response_time_ms=random.choice((None, random.randrange(1, 20_000))),
        response_bytes=random.choice((None, random.randrange(10**7))),
        occurred_ms=now_ms - back_ms,
    )


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with mock_aws(), served(jwks()) as url:
        create_table(boto3.client("dynamodb"), os.environ["TABLE_NAME"])
        shop = Shop(dynamo_table(), url)
        random = Random(20261120)  # noqa: S311 - the same usage each time
        shop.fold(shop.record([random_usage(random, n, shop.now_ms) for n in range(200)]))
        yield shop


def test_statistics_of_the_workspace_are_those_of_its_logs(shop: Shop) -> None:
    answer = shop.service.get(STATS)

    found, first = answer.body["statistics"], add_days(shop.today, -29)
    taken = shop.between(first, shop.today)
    assert answer.status == 200
    assert_measures(found, taken)
    assert found["users"] == 3
    assert [row["date"] for row in found["byDay"]] == days_between(first, shop.today)
    assert_rows(found["byDay"], lambda row: row["date"], grouped(taken, shop.day), sparse=True)
    services = grouped(taken, lambda log: log.service)
    assert_rows(found["byService"], lambda row: row["service"], services)
    models = grouped(taken, lambda log: (log.service, log.model))
    assert_rows(found["byModel"], lambda row: (row["service"], row["model"]), models)
    hours = grouped(taken, lambda log: local_time(log, ZONE).hour)
    for row in found["byHour"]:
        inside = hours.get(row["hour"], [])
        assert (row["requests"], row["cost"]) == (len(inside), cost_of(inside))


def assert_rows(
    rows: list[dict[str, Any]],
    key: Callable[[dict[str, Any]], Any],
    groups: dict[Any, list[UsageLog]],
    *,
    sparse: bool = False,
    percentile: bool = True,
) -> None:
    if not sparse:
        assert {key(row) for row in rows} == groups.keys()
    for row in rows:
        assert_measures(row, groups.get(key(row), []), percentile=percentile)


@pytest.mark.parametrize("names", [("service",), ("model",), ("service", "model")])
def test_filters_by_service_and_model_combine(shop: Shop, names: tuple[str, ...]) -> None:
    query = {name: {"service": "chat", "model": "claude/opus"}[name] for name in names}

    found = shop.service.get(STATS, **query).body["statistics"]

    taken = [
        log
        for log in shop.between(add_days(shop.today, -29), shop.today)
        if all(getattr(log, name) == value for name, value in query.items())
    ]
    assert_measures(found, taken)
    assert found["users"] == len({log.account_id for log in taken})


def test_figures_of_one_user_are_exact_at_once_those_of_all_follow(shop: Shop) -> None:
    """STA-4: what is not folded yet is read from the journal's tail."""
    new = [a_usage(f"new-{n}", user_id="alice", cost_picos=10**12) for n in range(3)]
    first, entries = add_days(shop.today, -29), shop.record(new)

    own = shop.people.user("alice").get(STATS).body["statistics"]
    listed = shop.people.user("alice").get(ALICE).body
    everybody = shop.service.get(STATS).body["statistics"]

    assert_measures(own, shop.between(first, shop.today, "alice"))
    assert listed["total"] == sum(log.account_id == shop.account("alice") for log in shop.logs)
    assert listed["usageLogs"][0]["id"].startswith("new-")
    assert everybody["requests"] == len(shop.between(first, shop.today)) - 3
    shop.fold(entries)
    assert_measures(shop.service.get(STATS).body["statistics"], shop.between(first, shop.today))


@pytest.mark.parametrize("group", ["day", "week", "month", "service", "model", "user"])
def test_summaries_are_those_of_the_logs(shop: Shop, group: str) -> None:
    first = add_days(shop.today, -60)
    keys: dict[str, Callable[[UsageLog], str]] = {
        "day": shop.day,
        "week": lambda log: f"{local_time(log, ZONE):%G-W%V}",
        "month": lambda log: f"{local_time(log, ZONE):%Y-%m}",
        "service": lambda log: log.service,
        "model": lambda log: f"{log.service}/{log.model or ''}",
        "user": lambda log: {shop.account(user): user for user in USERS}[log.account_id],
    }

    body = shop.service.get(SUMMARY, groupBy=group, startDate=first, endDate=shop.today).body

    taken = shop.between(first, shop.today)
    assert_measures(body["totals"], taken)
    assert_rows(body["summary"], lambda row: row["key"], grouped(taken, keys[group]), sparse=True)
    assert sum(row["requests"] for row in body["summary"]) == len(taken)


def test_the_dashboard_is_that_of_the_logs(shop: Shop) -> None:
    first = add_days(shop.today, -29)
    customer = Customer(shop.account("alice"), "alice", "Alice & Co", active=True)
    DynamoWorkspaces(shop.memory).put_customer("acme", customer)
    shop.copy()

    body = shop.service.get("/api/usage/dashboard/acme").body
    seen_by_admin = shop.people.admin().get("/api/usage/dashboard/acme").body

    taken = shop.between(first, shop.today)
    assert body["overview"]["totalCost"] == cost_of(taken)
    assert sum(row["messages"] for row in body["dailyUsage"]) == len(taken)
    assert sum(row["messages"] for row in body["peakHours"]) == len(taken)
    month = month_of(shop.today)
    months = grouped(shop.logs, lambda log: month_of(shop.day(log)))
    assert [(row["month"], row["cost"]) for row in body["monthlyTrend"][2:]] == [
        (each, cost_of(months.get(each, []))) for each in (previous_month(month), month)
    ]
    clients = {row["clientId"]: row for row in body["topClients"]}
    for user, logs in grouped(taken, lambda log: log.account_id).items():
        (name,) = [each for each in USERS if shop.account(each) == user]
        assert (clients[name]["cost"], clients[name]["messages"]) == (cost_of(logs), len(logs))
    assert clients["alice"]["name"] == "Alice & Co"
    assert {row["clientId"] for row in seen_by_admin["topClients"]} == set(map(shop.account, USERS))
    assert all("name" not in row for row in seen_by_admin["topClients"])
    shown = {"topClients"}
    assert {k: v for k, v in body.items() if k not in shown} == {
        k: v for k, v in seen_by_admin.items() if k not in shown
    }


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("query", [{}, {"model": "gpt-4o"}, {"status": "error"}])
def test_a_list_walked_by_cursor_and_by_page_is_every_log_once(
    shop: Shop, query: dict[str, str], order: str
) -> None:
    start = utc_text(shop.now_ms - 40 * MS_PER_DAY)
    query = query | {"order": order, "limit": "15", "startDate": start}
    expected = sorted(
        (
            log
            for log in shop.logs
            if log.account_id == shop.account("alice")
            and utc_text(log.occurred_ms) >= start
            and query.get("model") in {None, log.model}
            and ("status" not in query or log.failed)
        ),
        key=lambda log: (log.occurred_ms, log.log_id),
        reverse=order == "desc",
    )

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        walked = shop.service.get(ALICE, **query, **cursor).body
        jumped = shop.service.get(ALICE, **query, page=str(len(seen) // 15 + 1)).body
        assert jumped["usageLogs"] == walked["usageLogs"]
        assert walked["total"] == jumped["total"] == len(expected)
        seen += [log["id"] for log in walked["usageLogs"]]
        if "nextCursor" not in walked:
            break
        cursor = {"cursor": walked["nextCursor"]}

    assert seen == [log.log_id for log in expected]


def test_a_whole_day_and_its_exact_instants_have_the_same_logs(shop: Shop) -> None:
    day = add_days(shop.today, -1)
    start, end = (utc_text(day_start_ms(each, ZONE)) for each in (day, shop.today))

    by_day = shop.service.get(ALICE, startDate=day, endDate=day).body
    by_time = shop.service.get(ALICE, startDate=start, endDate=end).body

    assert by_day == by_time
    assert by_day["total"] == len(shop.between(day, day, "alice"))


def test_a_single_log_is_shown_with_its_users_id(shop: Shop) -> None:
    log = next(log for log in shop.logs if log.account_id == shop.account("bob"))
    path = f"/api/usage-logs/{log.log_id}"

    answers = [
        shop.service.get(path),
        shop.people.admin().get(path),
        shop.people.user("bob").get(path),
    ]

    assert [answer.status for answer in answers] == [200] * 3
    assert {answer.body["usageLog"]["userId"] for answer in answers} == {"bob"}
    assert str(answers[0].body["usageLog"]["cost"]) == format(cost_of([log]), "f")


@pytest.mark.parametrize(
    "path",
    [ALICE, f"{STATS}?userId=alice", f"{SUMMARY}?userId=alice", "/api/usage-logs/log-nowhere"],
)
def test_users_get_404_for_what_is_anothers(shop: Shop, path: str) -> None:
    plain, _, query = path.partition("?")
    parameters = dict([query.split("=")]) if query else {}

    answer = shop.people.user("bob").get(plain, **parameters)

    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_another_workspace_reaches_nothing(shop: Shop) -> None:
    other = Backend(shop.memory, "other")
    shop.copy()
    stranger = shop.people.key(other.key)
    log_id = shop.logs[0].log_id

    assert stranger.get(f"/api/usage-logs/{log_id}").status == 404
    assert stranger.get(ALICE).body["total"] == 0
    by_account = f"/api/usage-logs/user/{shop.account('alice')}"
    assert stranger.get(by_account).body["total"] == 0
    assert stranger.get(STATS).body["statistics"]["requests"] == 0
    assert stranger.get("/api/usage/dashboard/acme").status == 404
    assert stranger.get(STATS, workspaceId="acme").status == 404


def test_an_operator_looks_into_the_workspace_they_name(shop: Shop) -> None:
    operator = shop.people.operator()

    found = operator.get(STATS, workspaceId="acme").body["statistics"]

    assert found["requests"] == len(shop.between(add_days(shop.today, -29), shop.today))
    assert operator.get("/api/usage/dashboard/acme", workspaceId="acme").status == 200
    assert operator.get(STATS).status == 404


def test_nobody_reads_without_a_credential_or_the_scope(shop: Shop) -> None:
    write_only = shop.people.key(shop.backend.new_key(("usage:write",)))
    shop.copy()

    assert shop.people.anybody().get(STATS).status == 401
    assert write_only.get(STATS).status == 403
    assert shop.people.user().get("/api/usage/dashboard/acme").status == 403
