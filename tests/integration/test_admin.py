"""Administration through the handler, on moto: workspaces, who may what, alert mail (PRI-6, SEC-1)."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from typing import Any, Final

import boto3
import pytest

from functions.admin.handler import build
from functions.admin.settings import Settings
from functions.record_usage.handler import build as build_record_usage
from functions.record_usage.settings import Settings as RecordUsageSettings
from shared.routes import ROUTES
from shared.store.dynamo import DynamoTable
from tests.client import Answer, Client
from tests.issuer import served, token
from tests.people import People

WORKSPACES = "/api/admin/workspaces"
ACME = f"{WORKSPACES}/acme"
CUSTOMERS = "/api/admin/customers"
PRICES = "/api/admin/prices"
DEFAULTS = {
    "workspaceId": "acme",
    "name": "Acme",
    "timezone": "UTC",
    "currency": "USD",
    "pricing": {"mode": "flat", "perRequest": Decimal("0.005")},
    "creditValue": Decimal("0.001"),
    "enforceCredits": True,
    "registeredOnly": False,
    "retentionDays": 92,
    "userPrivacy": "pseudonymous",
    "alertEmails": [],
}


@pytest.fixture
def topic(moto_table: DynamoTable) -> Any:
    client = boto3.client("sns")
    client.create_topic(Name="tally-test-alerts")
    return client


@pytest.fixture
def people(topic: Any, keys_url: str) -> People:
    return People(build(Settings.read({**os.environ, "JWT_JWKS_URL": keys_url})))


@pytest.fixture
def operator(people: People) -> Client:
    return people.operator()


@pytest.fixture
def admin(people: People) -> Client:
    answer = people.operator().post(WORKSPACES, {"workspaceId": "acme", "name": "Acme"})
    assert answer.status == 201
    return people.admin()


def recorder(credential: str) -> Client:
    """A service that records usage, with an instance of its own: workspaces are made anew here."""
    return Client(build_record_usage(RecordUsageSettings.read()), credential)


def filters(topic: Any) -> dict[str, Any]:
    """Each subscribed address with the workspaces whose alerts it gets."""
    found = topic.list_subscriptions()["Subscriptions"]
    shown = {}
    for row in found:
        attributes = topic.get_subscription_attributes(SubscriptionArn=row["SubscriptionArn"])
        policy = json.loads(attributes["Attributes"]["FilterPolicy"])
        shown[row["Endpoint"]] = policy["workspaceId"]
    return shown


def names(answer: Answer, member: str, name: str) -> list[str]:
    return [row[name] for row in answer.body[member]]


def test_a_workspace_is_made_with_the_contracts_defaults(operator: Client) -> None:
    answer = operator.post(WORKSPACES, {"workspaceId": "acme", "name": "Acme"})

    assert (answer.status, answer.body) == (201, {"workspace": DEFAULTS})
    assert operator.get(ACME).body == {"workspace": DEFAULTS}


def test_a_workspace_is_made_as_asked(operator: Client) -> None:
    asked = {
        "workspaceId": "acme",
        "name": "Acme Ltd",
        "timezone": "Asia/Kathmandu",
        "currency": "NPR",
        "pricing": {"mode": "tokens", "perRequest": 0.000000000001},
        "creditValue": 2,
        "enforceCredits": False,
        "registeredOnly": True,
        "retentionDays": 30,
        "userPrivacy": "visible",
        "exchangeRate": 141.25,
        "alertEmails": ["ada@example.com"],
    }
    body = json.dumps(asked).replace("1e-12", "0.000000000001")

    answer = operator.send("POST", WORKSPACES, body)

    assert answer.status == 201
    expected = json.loads(body, parse_float=Decimal)
    expected["alertEmails"] = [{"address": "ada@example.com", "confirmed": True}]
    assert answer.body["workspace"] == expected


def test_no_answer_shows_the_workspaces_secret(operator: Client) -> None:
    made = operator.post(WORKSPACES, {"workspaceId": "acme", "name": "Acme"})

    assert set(made.body["workspace"]) == set(DEFAULTS)


def test_an_id_that_is_taken_is_refused(operator: Client, admin: Client) -> None:
    answer = operator.post(WORKSPACES, {"workspaceId": "acme", "name": "Another"})

    assert (answer.status, answer.body["code"]) == (409, "already_exists")
    assert answer.pointers == ["/workspaceId"]
    assert admin.get(ACME).body["workspace"]["name"] == "Acme"


def test_a_repeat_under_the_key_answers_the_workspace_as_it_is_now(operator: Client) -> None:
    body = {"workspaceId": "acme", "name": "Acme", "alertEmails": ["ada@example.com"]}
    operator.post(WORKSPACES, body, key="k")
    operator.put(ACME, {"name": "Renamed"})

    again = operator.post(WORKSPACES, body, key="k")
    other = operator.post(WORKSPACES, {**body, "name": "Else"}, key="k")

    assert (again.status, again.replayed) == (200, True)
    assert again.body["workspace"]["name"] == "Renamed"
    assert (other.status, other.body["code"]) == (409, "idempotency_conflict")
    assert other.pointers == ["/name"]


def test_an_empty_key_is_refused(operator: Client) -> None:
    answer = operator.post(WORKSPACES, {"workspaceId": "acme", "name": "Acme"}, key="")

    assert answer.status == 422
    assert operator.get(ACME).status == 404


WRONG_SETTINGS: Final[list[tuple[dict[str, Any], str]]] = [
    ({"name": ""}, "/name"),
    ({"name": "  "}, "/name"),
    ({"name": 7}, "/name"),
    ({"name": "n" * 129}, "/name"),
    ({"timezone": "Mars/Olympus"}, "/timezone"),
    ({"timezone": "../etc/passwd"}, "/timezone"),
    ({"currency": "usd"}, "/currency"),
    ({"currency": "USDT"}, "/currency"),
    ({"pricing": {"mode": "free"}}, "/pricing/mode"),
    ({"pricing": {"perRequest": -1}}, "/pricing/perRequest"),
    ({"pricing": {"perRequest": "0.1"}}, "/pricing/perRequest"),
    ({"pricing": {"perToken": 1}}, "/pricing/perToken"),
    ({"pricing": "flat"}, "/pricing"),
    ({"creditValue": 0}, "/creditValue"),
    ({"creditValue": -0.1}, "/creditValue"),
    ({"creditValue": True}, "/creditValue"),
    ({"exchangeRate": 0}, "/exchangeRate"),
    ({"enforceCredits": "yes"}, "/enforceCredits"),
    ({"enforceCredits": 1}, "/enforceCredits"),
    ({"registeredOnly": 0}, "/registeredOnly"),
    ({"retentionDays": 0}, "/retentionDays"),
    ({"retentionDays": 401}, "/retentionDays"),
    ({"retentionDays": 30.5}, "/retentionDays"),
    ({"userPrivacy": "none"}, "/userPrivacy"),
    ({"alertEmails": "ada@example.com"}, "/alertEmails"),
    ({"alertEmails": ["ada"]}, "/alertEmails/0"),
    ({"alertEmails": ["a@x.io", "b @x.io"]}, "/alertEmails/1"),
    ({"alertEmails": ["a@localhost"]}, "/alertEmails/0"),
    ({"alertEmails": ["a@x.io\nbcc: b@x.io"]}, "/alertEmails/0"),
    ({"alertEmails": ["a@x.io", "A@X.io"]}, "/alertEmails"),
    ({"alertEmails": [f"a{n}@x.io" for n in range(11)]}, "/alertEmails"),
    ({"secret": "abc"}, "/secret"),
    ({"workspaceId": "globex"}, "/workspaceId"),
    ({"workspace_id": "globex"}, "/workspace_id"),
]


def test_a_wrong_setting_is_named_and_nothing_is_changed(admin: Client) -> None:
    for wrong, pointer in WRONG_SETTINGS:
        answer = admin.put(ACME, {"retentionDays": 10, **wrong})

        assert (answer.status, answer.body["code"]) == (422, "validation_failed"), wrong
        assert pointer in answer.pointers, wrong
    assert admin.get(ACME).body == {"workspace": DEFAULTS}


def test_a_workspace_needs_an_id_of_the_alphabet(operator: Client) -> None:
    for workspace_id in ("", "a b", "a/b", "a#b", "w" * 129, 7, None):
        answer = operator.post(WORKSPACES, {"workspaceId": workspace_id, "name": "Acme"})

        assert (answer.status, answer.pointers) == (422, ["/workspaceId"]), workspace_id


def test_what_a_put_leaves_out_stays_as_it_is(admin: Client) -> None:
    admin.put(ACME, {"pricing": {"perRequest": 0.25}, "exchangeRate": 35.5})
    admin.put(ACME, {"pricing": {"mode": "tokens"}, "name": None})
    answer = admin.put(ACME, {"retentionDays": 7})

    assert answer.status == 200
    assert answer.body["workspace"] == {
        **DEFAULTS,
        "pricing": {"mode": "tokens", "perRequest": Decimal("0.25")},
        "exchangeRate": Decimal("35.5"),
        "retentionDays": 7,
    }
    assert admin.get(ACME).body == answer.body


def test_currency_and_time_zone_are_fixed_once_there_is_a_log(
    people: People, admin: Client
) -> None:
    moved = {"currency": "THB", "timezone": "Asia/Bangkok"}
    assert admin.put(ACME, {**moved, "enforceCredits": False}).status == 200
    secret = admin.post("/api/admin/api-keys", {"name": "backend"}).body["secret"]
    service = recorder(secret)
    assert service.post("/api/usage-logs", {"userId": "alice", "service": "chat"}).status == 201

    for change in (
        {"currency": "USD"},
        {"timezone": "UTC"},
        {"currency": "USD", "timezone": "UTC"},
    ):
        answer = admin.put(ACME, change | {"name": "New"})
        assert (answer.status, answer.body["code"]) == (409, "workspace_in_use")
        assert answer.pointers == [f"/{name}" for name in change]
    assert admin.put(ACME, {**moved, "name": "New"}).status == 200
    assert admin.get(ACME).body["workspace"]["currency"] == "THB"


def test_alert_mail_goes_to_the_addresses_of_the_workspace_alone(
    operator: Client, admin: Client, topic: Any
) -> None:
    operator.post(WORKSPACES, {"workspaceId": "globex", "name": "Globex"})

    answer = admin.put(ACME, {"alertEmails": ["ada@example.com", "both@example.com"]})
    operator.put(f"{WORKSPACES}/globex", {"alertEmails": ["both@example.com"]})

    assert answer.body["workspace"]["alertEmails"] == [
        {"address": "ada@example.com", "confirmed": True},
        {"address": "both@example.com", "confirmed": True},
    ]
    assert filters(topic) == {
        "ada@example.com": ["acme"],
        "both@example.com": ["acme", "globex"],
    }
    admin.put(ACME, {"alertEmails": []})
    assert filters(topic) == {"both@example.com": ["globex"]}
    assert admin.get(ACME).body["workspace"]["alertEmails"] == []


def test_when_mail_cannot_be_arranged_the_settings_are_kept_and_the_repeat_mends_it(
    admin: Client, topic: Any
) -> None:
    (arn,) = (row["TopicArn"] for row in topic.list_topics()["Topics"])
    topic.delete_topic(TopicArn=arn)
    body = {"alertEmails": ["ada@example.com"]}

    failed = admin.put(ACME, body)
    shown = admin.get(ACME)
    topic.create_topic(Name="tally-test-alerts")
    mended = admin.put(ACME, body)

    assert (failed.status, failed.body["code"]) == (503, "unavailable")
    assert shown.body["workspace"]["alertEmails"] == [
        {"address": "ada@example.com", "confirmed": False}
    ]
    assert (mended.status, filters(topic)) == (200, {"ada@example.com": ["acme"]})


def test_an_operator_lists_all_workspaces_newest_first(operator: Client) -> None:
    for number in range(5):
        operator.post(WORKSPACES, {"workspaceId": f"w{number}", "name": f"W {number}"})

    everything = operator.get(WORKSPACES)
    oldest = operator.get(WORKSPACES, order="asc", limit="2")
    following = operator.get(
        WORKSPACES, order="asc", limit="2", cursor=oldest.body["nextCursor"], page="2"
    )
    last = operator.get(WORKSPACES, order="asc", limit="2", page="3")

    assert everything.status == 200
    assert (everything.body["total"], everything.body["page"]) == (5, 1)
    ascending = names(everything, "workspaces", "workspaceId")[::-1]
    assert sorted(ascending) == ["w0", "w1", "w2", "w3", "w4"]
    assert names(oldest, "workspaces", "workspaceId") == ascending[:2]
    assert names(following, "workspaces", "workspaceId") == ascending[2:4]
    assert names(last, "workspaces", "workspaceId") == ascending[4:]
    assert "nextCursor" not in last.body
    assert operator.get(WORKSPACES, page="9").body["workspaces"] == []


def test_the_list_shows_who_confirmed_as_last_seen(operator: Client, admin: Client) -> None:
    admin.put(ACME, {"alertEmails": ["ada@example.com"]})

    (row,) = operator.get(WORKSPACES).body["workspaces"]

    assert row["alertEmails"] == [{"address": "ada@example.com", "confirmed": True}]


def test_a_list_refuses_what_it_does_not_know(operator: Client, admin: Client) -> None:
    unknown = ({"limit": "0"}, {"limit": "101"}, {"cursor": "x"}, {"cursor": "eHg"}, {"all": "1"})
    for path in (WORKSPACES, "/api/admin/api-keys", CUSTOMERS):
        for query in unknown:
            answer = operator.get(path, workspaceId="acme", **query)
            assert (answer.status, answer.pointers) == (422, [f"?{next(iter(query))}"])


def test_an_admin_sees_no_other_workspace(people: People, admin: Client) -> None:
    people.operator().post(WORKSPACES, {"workspaceId": "globex", "name": "Globex"})

    for answer in (
        admin.get(f"{WORKSPACES}/globex"),
        admin.put(f"{WORKSPACES}/globex", {"name": "Mine"}),
        admin.get(PRICES, workspaceId="globex"),
        people.admin("nowhere").get(f"{WORKSPACES}/nowhere"),
        people.admin("nowhere").get(CUSTOMERS),
        people.admin("nowhere").put(f"{CUSTOMERS}/bob", {"name": "Bob"}),
        people.admin("nowhere").get("/api/admin/api-keys"),
        people.admin("nowhere").post("/api/admin/api-keys", {"name": "x"}),
        people.admin("nowhere").get(PRICES),
        people.admin("nowhere").put(
            PRICES,
            {"service": "a", "effectiveFrom": "2026-01-01T00:00:00Z", "perRequest": 1},
        ),
    ):
        assert (answer.status, answer.body["code"]) == (404, "not_found")
    assert admin.get(PRICES, workspaceId="acme").status == 200


def test_an_operator_acts_in_the_workspace_named_and_in_none_without_a_name(
    operator: Client, admin: Client
) -> None:
    assert operator.get(PRICES, workspaceId="acme").status == 200
    assert operator.get(PRICES).status == 404
    assert operator.get(PRICES, workspaceId="").status == 404
    assert operator.get(PRICES, workspaceId="globex").status == 404
    assert operator.get(f"{WORKSPACES}/globex").status == 404
    assert operator.get(f"{WORKSPACES}/a%23b").status == 404


def test_roles_are_kept_to_their_routes(people: People, admin: Client) -> None:
    secret = admin.post("/api/admin/api-keys", {"name": "backend"}).body["secret"]
    user, service = people.user(), people.key(secret)
    mine = [route for route in ROUTES if route.function == "admin"]
    assert len(mine) == 11

    for route in mine:
        path = route.path.format(workspaceId="acme", id="k", userId="alice")
        if "{" in route.path or route.method == "GET":
            assert people.anybody().send(route.method, path).status == 401
        assert user.send(route.method, path).status == 403
        if "service" not in route.roles:
            assert service.send(route.method, path).status == 403
        if "admin" not in route.roles:
            assert admin.send(route.method, path).status == 403


def test_a_bad_token_is_told_how_to_authenticate(people: People) -> None:
    answer = people.key(token(aud="somebody-else")).get(ACME)

    assert (answer.status, answer.body["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_when_the_issuers_keys_cannot_be_had_the_answer_is_503(topic: Any) -> None:
    with served(b"") as url:
        gone = url
    people = People(build(Settings.read({**os.environ, "JWT_JWKS_URL": gone})))

    assert people.admin().get(ACME).status == 503
