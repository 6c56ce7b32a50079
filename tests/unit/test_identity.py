"""Who is calling: API keys and what people's claims say (SEC-1). Tokens: `test_identity_tokens.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.credentials import (
    KEY_ID_LENGTH,
    MAX_CREDENTIAL_LENGTH,
    SECRET_LENGTH,
    ApiKeyText,
    new_api_key,
    secret_hash,
    split_api_key,
)
from shared.domain.errors import UnauthorizedError
from shared.domain.ids import ID, account_id_of
from shared.domain.workspace import ApiKey
from shared.http.gate.identity import CREDENTIALS_REMEMBERED, REMEMBERED_MS, Identifier
from shared.http.messages import Identity, Request
from shared.routes import SCOPES
from shared.store.api_keys import DynamoApiKeys
from tests.factories import SECRET, an_api_key, bearer, http_event
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.table import FakeTable

TEXT = ApiKeyText("acme", "0123456789abcdef", "s" * SECRET_LENGTH)


def request(headers: Mapping[str, str]) -> Request:
    return Request.of(http_event("GET", "/api/accounts/me", headers=headers), "req-1")


class NoTokens:
    """Stands where people's tokens are checked and finds the claims it is told."""

    def __init__(self, **claims: object) -> None:
        self._claims = claims

    def claims(self, token: str) -> Mapping[str, object]:
        assert token == "a.b.c"
        return self._claims


def person(**changes: object) -> Identity:
    claims: dict[str, object] = {
        "cognito:username": "alice",
        "cognito:groups": ["user"],
        "custom:workspaceId": "acme",
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    clock = FakeClock()
    identify = Identifier(DynamoApiKeys(FakeTable(clock)), NoTokens(**claims), clock)
    return identify(request(bearer("a.b.c")))


class Keys:
    """API keys in a table, and one instance of a function that checks them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.store = DynamoApiKeys(self.table, self.clock.random_bytes)
        self.identify = Identifier(self.store, None, self.clock)

    def made(self, text: ApiKeyText = TEXT, **changes: object) -> ApiKey:
        key = an_api_key(
            text.key_id, workspace_id=text.workspace_id, secret_hash=secret_hash(text.secret)
        )
        return self.store.create(replace(key, **changes), None, {})  # type: ignore[arg-type]

    def sent(self, credential: object) -> Identity:
        return self.identify(request(bearer(str(credential))))

    def refused(self, credential: object) -> bool:
        try:
            self.sent(credential)
        except UnauthorizedError:
            return True
        return False


@pytest.fixture
def keys() -> Keys:
    return Keys()


def test_an_api_key_is_a_service_of_its_workspace_with_the_keys_scopes(keys: Keys) -> None:
    keys.made(scopes=("usage:write",), rate_per_minute=120)

    identity = keys.sent(TEXT)

    assert identity == Identity(
        "acme", "service", TEXT.key_id, frozenset({"usage:write"}), rate_per_minute=120
    )
    assert identity.actor == f"key:{TEXT.key_id}"


def test_an_api_key_may_come_in_its_own_header(keys: Keys) -> None:
    keys.made()

    identity = keys.identify(request({"x-api-key": str(TEXT)}))

    assert (identity.workspace_id, identity.scopes) == ("acme", frozenset(SCOPES))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_may_be_written_in_any_case(keys: Keys, scheme: str) -> None:
    keys.made()

    assert keys.identify(request({"authorization": f"{scheme} {TEXT}"})).role == "service"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": str(TEXT)},
        {"authorization": f"Basic {TEXT}"},
        {"authorization": f"Bearer {TEXT} {TEXT}"},
        {"authorization": f"Bearer {TEXT},Bearer {TEXT}"},
        {"authorization": f"Bearer {TEXT},{TEXT}"},
        {"authorization": f" Bearer {TEXT}"},
        {"authorization": f"Bearer {TEXT}\n"},
        {"authorization": f"Bearer {TEXT}", "x-api-key": str(TEXT)},
        {"x-api-key": ""},
        {"x-api-key": f"{TEXT},{TEXT}"},
        {"x-api-key": f" {TEXT}"},
        {"x-api-key": "a.b.c"},
        {"authorization": "Bearer a.b.c"},
        {"authorization": f"Bearer {TEXT}{'s' * MAX_CREDENTIAL_LENGTH}"},
        {"x-api-key": f"{TEXT}{'s' * MAX_CREDENTIAL_LENGTH}"},
    ],
)
def test_what_is_not_exactly_one_credential_of_a_known_form_is_refused(
    keys: Keys, headers: dict[str, str]
) -> None:
    keys.made()

    with pytest.raises(UnauthorizedError):
        keys.identify(request(headers))


@pytest.mark.parametrize(
    "wrong",
    [
        TEXT._replace(secret="t" * SECRET_LENGTH),
        TEXT._replace(secret="s" * (SECRET_LENGTH - 1)),
        TEXT._replace(secret=""),
        TEXT._replace(key_id="fedcba9876543210"),
        TEXT._replace(workspace_id="globex"),
        TEXT._replace(workspace_id=""),
        TEXT._replace(workspace_id="acme#KEYS"),
        "tally_",
        "tally_acme",
        "tally_acme_key",
        "tally_acme__",
    ],
)
def test_a_key_that_is_not_there_is_refused(keys: Keys, wrong: object) -> None:
    keys.made()

    assert keys.refused(wrong)


def test_a_key_of_a_workspace_whose_id_has_underscores_is_found(keys: Keys) -> None:
    text = TEXT._replace(workspace_id="tally_acme_eu_")
    keys.made(text)

    assert keys.sent(text).workspace_id == "tally_acme_eu_"


def test_a_revoked_key_is_refused(keys: Keys) -> None:
    keys.made(revoked_ms=START_MS)

    assert keys.refused(TEXT)


def test_a_key_expires_on_the_millisecond_also_while_it_is_remembered(keys: Keys) -> None:
    keys.made(expires_ms=START_MS + 1000)

    keys.clock.advance(ms=999)
    assert keys.sent(TEXT).role == "service"
    keys.clock.advance(ms=1)
    assert keys.refused(TEXT)


def test_a_key_revoked_after_it_was_used_stops_within_a_minute(keys: Keys) -> None:
    keys.made()
    keys.sent(TEXT)

    keys.store.revoke("acme", TEXT.key_id, keys.clock.now_ms())

    assert not keys.refused(TEXT), "it is remembered for a while: one read less for each request"
    keys.clock.advance(ms=REMEMBERED_MS)
    assert keys.refused(TEXT)
    assert REMEMBERED_MS < 60_000


def test_using_a_key_does_not_prolong_how_long_it_is_remembered(keys: Keys) -> None:
    keys.made()
    keys.sent(TEXT)
    keys.store.revoke("acme", TEXT.key_id, keys.clock.now_ms())

    for _ in range(10):
        keys.clock.advance(ms=REMEMBERED_MS // 10)
        last = keys.refused(TEXT)

    assert last


def test_a_key_is_read_again_when_the_clock_was_set_back(keys: Keys) -> None:
    keys.made()
    keys.sent(TEXT)
    keys.store.revoke("acme", TEXT.key_id, keys.clock.now_ms())

    keys.clock.set(START_MS - 10 * 60_000)

    assert keys.refused(TEXT)


def test_a_refused_key_is_not_remembered(keys: Keys) -> None:
    assert keys.refused(TEXT)

    keys.made()

    assert not keys.refused(TEXT)


def test_the_memory_of_keys_is_bounded(keys: Keys) -> None:
    texts = [TEXT._replace(key_id=f"{number:016d}") for number in range(CREDENTIALS_REMEMBERED + 1)]
    for text in texts:
        keys.made(text)
        keys.sent(text)
    for text in texts:
        keys.store.revoke("acme", text.key_id, keys.clock.now_ms())

    assert keys.refused(texts[0]), "the oldest made room"
    assert not keys.refused(texts[-1])


def test_neither_the_table_nor_an_error_holds_a_secret(keys: Keys) -> None:
    keys.made()

    with pytest.raises(UnauthorizedError) as caught:
        keys.sent(TEXT._replace(workspace_id="globex"))

    assert TEXT.secret not in str([*keys.table.items(), caught.value.detail])


@given(st.text("AZaz09._:@-", min_size=1, max_size=128), st.binary(min_size=16, max_size=16))
def test_every_key_made_can_be_taken_apart_again(workspace_id: str, seed: bytes) -> None:
    text = new_api_key(workspace_id, FakeClock(seed=seed.hex()).random_bytes)

    assert split_api_key(str(text)) == text
    assert ID.fullmatch(text.key_id)
    assert (len(text.key_id), len(text.secret)) == (KEY_ID_LENGTH, SECRET_LENGTH)


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["user"], "user"),
        (["user", "admin"], "admin"),
        (["admin", "operator", "user"], "operator"),
        ("admin", "admin"),
        ("user admin", "admin"),
        ("user,operator", "operator"),
        (["guest", "user"], "user"),
    ],
)
def test_the_highest_role_counts(groups: object, role: str) -> None:
    identity = person(**{"cognito:groups": groups})

    assert identity == Identity("acme", role, "alice")
    assert identity.actor == "user:alice"


@pytest.mark.parametrize(
    "changes",
    [
        {"cognito:groups": None},
        {"cognito:groups": []},
        {"cognito:groups": ["service"]},
        {"cognito:groups": ["administrator"]},
        {"cognito:groups": ["user admin"]},
        {"cognito:groups": [["admin"]]},
        {"cognito:groups": {"admin": True}},
        {"cognito:groups": 1},
        {"cognito:username": None},
        {"cognito:username": ""},
        {"cognito:username": "al ice"},
        {"cognito:username": "a#b"},
        {"cognito:username": "a" * 129},
        {"cognito:username": 7},
        {"custom:workspaceId": None},
        {"custom:workspaceId": ""},
        {"custom:workspaceId": "acme#A#x"},
        {"custom:workspaceId": ["acme"]},
        {"custom:workspaceId": "", "cognito:groups": ["operator"]},
    ],
)
def test_claims_that_do_not_say_plainly_who_it_is_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UnauthorizedError):
        person(**changes)


def test_a_person_may_not_be_called_like_somebody_elses_account() -> None:
    account = account_id_of(SECRET, "bob")

    with pytest.raises(UnauthorizedError):
        person(**{"cognito:username": account})


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "a.b.c"},
        bearer("a" * (MAX_CREDENTIAL_LENGTH + 1)),
        bearer("a.b.c") | {"x-api-key": "a.b.c"},
    ],
)
def test_what_cannot_be_a_token_is_not_even_checked(headers: dict[str, str]) -> None:
    class Unasked:
        def claims(self, token: str) -> Mapping[str, object]:
            raise AssertionError(token)

    clock = FakeClock()
    identify = Identifier(DynamoApiKeys(FakeTable(clock)), Unasked(), clock)

    with pytest.raises(UnauthorizedError):
        identify(request(headers))


def test_an_operator_without_a_workspace_has_one_that_matches_nothing() -> None:
    identity = person(**{"cognito:groups": ["operator"], "custom:workspaceId": None})

    assert identity == Identity("", "operator", "alice")
