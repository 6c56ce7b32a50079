"""API keys through the handler, on moto (SEC-1)."""

from __future__ import annotations

import os
from typing import Any, Final

import pytest

from functions.admin.handler import build
from functions.admin.service import MAX_API_KEYS
from functions.admin.settings import Settings
from functions.record_usage.handler import handler as record_usage
from functions.transactions.handler import handler as transactions
from shared.domain.credentials import split_api_key
from shared.store.api_keys import api_key_item
from shared.store.dynamo import DynamoTable
from shared.store.schema import api_key_key
from shared.store.table import Put, Query
from shared.store.workspaces import DynamoWorkspaces
from tests.client import Answer, Client
from tests.factories import a_workspace, an_api_key
from tests.people import People

KEYS = "/api/admin/api-keys"


@pytest.fixture
def people(moto_table: DynamoTable, keys_url: str) -> People:
    for name in ("acme", "globex"):
        DynamoWorkspaces(moto_table).create(a_workspace(workspace_id=name, enforce_credits=False))
    return People(build(Settings.read({**os.environ, "JWT_JWKS_URL": keys_url})))


@pytest.fixture
def admin(people: People) -> Client:
    return people.admin()


def use(credential: str) -> Answer:
    return Client(record_usage, credential).post(
        "/api/usage-logs", {"userId": "alice", "service": "chat"}
    )


def test_a_key_is_made_and_its_secret_shown_once(admin: Client, moto_table: DynamoTable) -> None:
    answer = admin.post(KEYS, {"name": "backend"})

    assert answer.status == 201
    made, secret = answer.body["apiKey"], answer.body["secret"]
    parts = split_api_key(secret)
    assert parts is not None
    assert (parts.workspace_id, parts.key_id) == ("acme", made["id"])
    assert set(made) == {"id", "name", "scopes", "createdAt"}
    assert made["scopes"] == ["usage:write", "usage:read"]
    listed = admin.get(KEYS)
    assert listed.body["apiKeys"] == [made]
    stored = moto_table.query(Query(api_key_key("acme", "")["pk"])).items
    for shown in (str(listed.body), str(stored)):
        assert parts.secret not in shown


def test_a_key_works_in_its_workspace_with_its_scopes(admin: Client) -> None:
    secret = admin.post(KEYS, {"name": "backend"}).body["secret"]

    recorded = use(secret)
    posted = Client(transactions, secret).post(
        "/api/admin/transactions", {"userId": "alice", "amount": 5, "reason": "promo"}
    )

    assert recorded.status == 201
    assert recorded.body["usageLog"]["workspaceId"] == "acme"
    assert (posted.status, posted.body["code"]) == (403, "forbidden")


def test_a_key_is_made_as_asked(admin: Client) -> None:
    asked = {
        "name": "nightly",
        "scopes": ["credits:write"],
        "ratePerMinute": 120,
        "expiresAt": "2099-01-01T07:00:00+07:00",
    }

    made = admin.post(KEYS, asked).body["apiKey"]

    assert made.pop("id")
    assert made.pop("createdAt")
    assert made == {**asked, "expiresAt": "2099-01-01T00:00:00.000Z"}


def test_a_repeat_under_the_key_answers_the_key_without_its_secret(admin: Client) -> None:
    body = {"name": "backend", "expiresAt": "2099-01-01T00:00:00Z"}
    first = admin.post(KEYS, body, key="k")

    again = admin.post(KEYS, body, key="k")
    other = admin.post(KEYS, {**body, "scopes": ["credits:write"]}, key="k")

    assert (again.status, again.replayed) == (200, True)
    assert again.body == {"apiKey": first.body["apiKey"]}
    assert (other.status, other.pointers) == (409, ["/scopes"])
    assert admin.get(KEYS).body["total"] == 1


def test_the_same_idempotency_key_means_something_else_in_another_workspace(
    people: People,
) -> None:
    ours = people.admin("acme").post(KEYS, {"name": "backend"}, key="k")
    theirs = people.admin("globex").post(KEYS, {"name": "backend"}, key="k")

    assert (ours.status, theirs.status) == (201, 201)
    assert ours.body["apiKey"]["id"] != theirs.body["apiKey"]["id"]


def test_a_bad_idempotency_key_is_refused(admin: Client) -> None:
    for key in ("", "k" * 129, "a b"):
        assert admin.post(KEYS, {"name": "backend"}, key=key).status == 422
    assert admin.get(KEYS).body["total"] == 0


def test_a_revoked_key_stops_in_an_instance_that_has_not_used_it(admin: Client) -> None:
    made = admin.post(KEYS, {"name": "backend"}).body

    revoked = admin.delete(f"{KEYS}/{made['apiKey']['id']}")

    assert (revoked.status, revoked.body) == (204, None)
    assert use(made["secret"]).status == 401
    (listed,) = admin.get(KEYS).body["apiKeys"]
    assert listed["revokedAt"]


def test_revoking_again_changes_nothing_and_an_unknown_key_is_not_found(
    people: People, admin: Client
) -> None:
    made = admin.post(KEYS, {"name": "backend"}).body["apiKey"]
    path = f"{KEYS}/{made['id']}"
    admin.delete(path)
    revoked = admin.get(KEYS).body["apiKeys"]

    assert admin.delete(path).status == 204
    assert admin.get(KEYS).body["apiKeys"] == revoked
    assert admin.delete(f"{KEYS}/unknown").status == 404
    assert admin.delete(f"{KEYS}/a%23b").status == 404
    assert people.admin("globex").delete(path).status == 404
    assert people.operator().delete(path, workspaceId="acme").status == 204


WRONG_KEYS: Final[list[tuple[dict[str, Any], str]]] = [
    ({"name": None}, "/name"),
    ({"name": ""}, "/name"),
    ({"scopes": []}, "/scopes"),
    ({"scopes": ["usage:write", "usage:write"]}, "/scopes"),
    ({"scopes": ["everything"]}, "/scopes/0"),
    ({"scopes": "usage:write"}, "/scopes"),
    ({"ratePerMinute": 0}, "/ratePerMinute"),
    ({"ratePerMinute": 60_001}, "/ratePerMinute"),
    ({"ratePerMinute": "60"}, "/ratePerMinute"),
    ({"expiresAt": "2020-01-01T00:00:00Z"}, "/expiresAt"),
    ({"expiresAt": "2099-01-01"}, "/expiresAt"),
    ({"secret": "mine"}, "/secret"),
    ({"id": "mine"}, "/id"),
]


def test_a_wrong_key_is_refused(admin: Client) -> None:
    for changes, pointer in WRONG_KEYS:
        answer = admin.post(KEYS, {"name": "backend"} | changes)

        assert (answer.status, answer.pointers) == (422, [pointer]), changes
    assert admin.get(KEYS).body["total"] == 0


def test_keys_are_listed_newest_first_page_by_page(admin: Client) -> None:
    made = [admin.post(KEYS, {"name": f"key {n}"}).body["apiKey"] for n in range(5)]
    order = sorted(made, key=lambda key: (key["createdAt"], key["id"]), reverse=True)

    first = admin.get(KEYS, limit="2")
    second = admin.get(KEYS, limit="2", cursor=first.body["nextCursor"])
    third = admin.get(KEYS, limit="2", page="3")

    assert [*first.body["apiKeys"], *second.body["apiKeys"], *third.body["apiKeys"]] == order
    assert first.body["total"] == 5
    assert "nextCursor" not in third.body
    assert admin.get(KEYS, order="asc").body["apiKeys"] == order[::-1]


def test_keys_of_another_workspace_are_not_listed(people: People, admin: Client) -> None:
    admin.post(KEYS, {"name": "backend"})

    assert people.admin("globex").get(KEYS).body["apiKeys"] == []
    assert people.operator().get(KEYS, workspaceId="acme").body["total"] == 1


def test_keys_are_rotated_side_by_side_and_each_says_when_it_was_last_used(admin: Client) -> None:
    """SEC-1: the new key works before the old one goes, and one sees when nobody uses that any more."""
    old, new = (admin.post(KEYS, {"name": name}).body for name in ("old", "new"))
    assert (use(old["secret"]).status, use(new["secret"]).status) == (201, 201)

    admin.delete(f"{KEYS}/{old['apiKey']['id']}")

    assert use(new["secret"]).status == 201
    by_name = {key["name"]: key for key in admin.get(KEYS).body["apiKeys"]}
    assert by_name["new"]["lastUsedAt"] >= by_name["old"]["lastUsedAt"]
    assert "revokedAt" in by_name["old"]
    assert "revokedAt" not in by_name["new"]


def test_a_key_that_nobody_used_says_nothing_of_use(admin: Client) -> None:
    admin.post(KEYS, {"name": "backend"})
    assert "lastUsedAt" not in admin.get(KEYS).body["apiKeys"][0]


def test_a_key_is_held_to_its_own_rate(admin: Client) -> None:
    """SEC-4: lower per API key on request."""
    slow = admin.post(KEYS, {"name": "slow", "ratePerMinute": 2}).body["secret"]
    usual = admin.post(KEYS, {"name": "usual"}).body["secret"]

    answers = [use(slow) for _ in range(3)]

    assert [answer.status for answer in answers] == [201, 201, 429]
    assert answers[2].body["code"] == "rate_limited"
    assert answers[2].headers["ratelimit-limit"] == "2"
    assert int(answers[2].headers["retry-after"]) >= 1
    assert use(usual).headers["ratelimit-limit"] == "60000"


def test_a_workspace_has_a_bounded_number_of_keys(admin: Client, moto_table: DynamoTable) -> None:
    """SEC-4: they are listed by reading all of them."""
    for number in range(MAX_API_KEYS - 1):
        moto_table.write(Put(api_key_item(an_api_key(f"key{number:08d}"))))

    assert admin.post(KEYS, {"name": "the last"}).status == 201
    refused = admin.post(KEYS, {"name": "one too many"})

    assert (refused.status, refused.body["code"]) == (422, "validation_failed")
