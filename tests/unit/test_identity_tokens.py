"""People's tokens: what is believed, what is refused, and an issuer that does not answer (SEC-1)."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm

from shared.adapters.jwt import (
    FRESH_MS,
    KEPT_MS,
    LEEWAY_SECONDS,
    MAX_KEYS_BYTES,
    REFETCH_MS,
    RETRY_MS,
    JwtSettings,
    KeysUnavailableError,
    OidcTokens,
    fetch,
)
from shared.domain.errors import UnauthorizedError, UnavailableError
from shared.environment import SettingMissingError
from tests.fakes.clock import FakeClock
from tests.issuer import AUDIENCE, EC_KEY, ISSUER, RSA_KEY, claims, jwks, rsa_key, served, token

URL = "https://issuer.example.com/pool/.well-known/jwks.json"
SETTINGS = JwtSettings(ISSUER, AUDIENCE, URL)


class Publisher:
    """Answers for the issuer's address, or does not."""

    def __init__(self) -> None:
        self.body: bytes | None = jwks()
        self.fetched = 0

    def __call__(self, url: str) -> bytes:
        assert url == URL
        self.fetched += 1
        if self.body is None:
            raise KeysUnavailableError("timed out")
        return self.body


class Instance:
    """One instance of a function that checks tokens."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.publisher = Publisher()
        self._tokens = OidcTokens(SETTINGS, self.clock, self.publisher)

    def claims(self, sent: str) -> Any:
        return self._tokens.claims(sent)

    def refuses(self, sent: str) -> bool:
        try:
            self.claims(sent)
        except UnauthorizedError:
            return True
        return False


@pytest.fixture
def instance() -> Instance:
    return Instance()


def unsigned(header: dict[str, Any], **changes: Any) -> str:
    """A token with no signature at all."""
    parts = [json.dumps(part).encode() for part in (header, claims(**changes))]
    return ".".join([base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]) + "."


def with_public_key_as_secret() -> str:
    """A token signed by HMAC with what everybody knows: the issuer's public key."""
    public = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": RSA_KEY}).encode())
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode())
    signed = header.rstrip(b"=") + b"." + body.rstrip(b"=")
    signature = HMACAlgorithm(HMACAlgorithm.SHA256).sign(signed, public)
    return f"{signed.decode()}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def tampered(name: str, value: object) -> str:
    """A good token whose claims were changed after it was signed."""
    header, _, signature = token().split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims(**{name: value})).encode()).decode()
    return f"{header}.{body.rstrip('=')}.{signature}"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_of_the_issuer_is_believed(instance: Instance, algorithm: str) -> None:
    found = instance.claims(token(algorithm=algorithm))

    assert (found["cognito:username"], found["custom:workspaceId"]) == ("alice", "acme")


def test_a_token_without_token_use_is_believed_as_other_issuers_have_none(
    instance: Instance,
) -> None:
    assert instance.claims(token(token_use=None))["sub"]


def test_clocks_may_differ_by_a_few_seconds(instance: Instance) -> None:
    now = int(time.time())

    assert instance.claims(token(exp=now - LEEWAY_SECONDS // 2))
    assert instance.claims(token(iat=now + LEEWAY_SECONDS // 2))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-client"},
        {"aud": ["another-client", "a-third"]},
        {"aud": None},
        {"iss": "https://issuer.example.com/other-pool"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"sub": None},
        {"iat": None},
        {"exp": None},
        {"exp": 1},
        {"exp": int(time.time()) - 2 * LEEWAY_SECONDS},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"exp": "soon"},
        {"token_use": "access"},
        {"token_use": "refresh"},
        {"token_use": ["id"]},
    ],
)
def test_a_token_whose_claims_do_not_hold_is_refused(
    instance: Instance, changes: dict[str, Any]
) -> None:
    assert instance.refuses(token(**changes))


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_an_access_token_is_refused_by_its_type(instance: Instance, typ: str) -> None:
    assert instance.refuses(token(headers={"typ": typ}))


def test_a_token_signed_by_somebody_else_under_the_issuers_key_id_is_refused(
    instance: Instance,
) -> None:
    assert instance.refuses(token(key=rsa_key("forger")))
    assert instance.refuses(token(key=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"))


@pytest.mark.parametrize(
    "changed",
    [
        ("cognito:groups", ["operator"]),
        ("custom:workspaceId", "globex"),
        ("cognito:username", "bob"),
    ],
)
def test_a_token_changed_after_it_was_signed_is_refused(
    instance: Instance, changed: tuple[str, object]
) -> None:
    assert instance.refuses(tampered(*changed))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_a_token_without_a_signature_is_refused(instance: Instance, alg: str) -> None:
    assert instance.refuses(unsigned({"alg": alg, "typ": "JWT", "kid": RSA_KEY}))
    assert instance.refuses(unsigned({"alg": "RS256", "typ": "JWT", "kid": RSA_KEY}))


def test_the_public_key_is_no_secret_to_sign_with(instance: Instance) -> None:
    assert instance.refuses(with_public_key_as_secret())


def test_a_shared_secret_among_the_published_keys_is_not_used(instance: Instance) -> None:
    secret = b"s" * 32
    instance.publisher.body = jwks(
        {"kty": "oct", "kid": "shared", "alg": "HS256", "k": base64.b64encode(secret).decode()}
    )

    assert instance.refuses(token(key=secret, algorithm="HS256", headers={"kid": "shared"}))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_only_two_algorithms_are_taken(instance: Instance, algorithm: str) -> None:
    assert instance.refuses(token(algorithm=algorithm))


def test_a_key_is_used_for_its_own_algorithm_only(instance: Instance) -> None:
    assert instance.refuses(token(headers={"kid": EC_KEY}))
    assert instance.refuses(token(algorithm="ES256", headers={"kid": RSA_KEY}))


def test_an_encryption_key_of_the_issuer_signs_nothing(instance: Instance) -> None:
    other = rsa_key("encryption")
    published = RSAAlgorithm.to_jwk(other.public_key(), as_dict=True)
    instance.publisher.body = jwks({**published, "kid": "enc", "use": "enc"})

    assert instance.refuses(token(key=other, headers={"kid": "enc"}))


@pytest.mark.parametrize("kid", [None, "", 7, "k" * 300])
def test_a_token_has_to_name_its_key(instance: Instance, kid: object) -> None:
    header = {"alg": "RS256", "typ": "JWT"} | ({} if kid is None else {"kid": kid})

    assert instance.refuses(unsigned(header) + "c2ln")
    assert instance.publisher.fetched == 0


@pytest.mark.parametrize("sent", ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", "e30.e30.", "日.本.語"])
def test_what_is_no_token_is_refused(instance: Instance, sent: str) -> None:
    assert instance.refuses(sent)


def test_keys_are_read_once_for_many_tokens(instance: Instance) -> None:
    for _ in range(5):
        instance.claims(token())
        instance.claims(token(algorithm="ES256"))

    assert instance.publisher.fetched == 1


def test_a_new_key_is_found_when_the_first_token_of_it_comes(instance: Instance) -> None:
    instance.claims(token())
    new = rsa_key("new")
    published = RSAAlgorithm.to_jwk(new.public_key(), as_dict=True)
    instance.publisher.body = jwks({**published, "kid": "new"})
    instance.clock.advance(ms=REFETCH_MS)

    assert instance.claims(token(key=new, headers={"kid": "new"}))
    assert instance.publisher.fetched == 2


def test_made_up_key_ids_do_not_make_us_ask_the_issuer_again_and_again(instance: Instance) -> None:
    for number in range(50):
        assert instance.refuses(token(headers={"kid": f"made-up-{number}"}))

    assert instance.publisher.fetched == 1


def test_a_withdrawn_key_stops_when_the_keys_are_read_again(instance: Instance) -> None:
    instance.claims(token())
    left = [key for key in json.loads(jwks())["keys"] if key["kid"] == EC_KEY]
    instance.publisher.body = json.dumps({"keys": left}).encode()

    assert not instance.refuses(token())
    instance.clock.advance(ms=FRESH_MS)
    assert instance.refuses(token())


def test_an_issuer_that_does_not_answer_is_our_failure_not_the_callers(instance: Instance) -> None:
    instance.publisher.body = None

    with pytest.raises(UnavailableError):
        instance.claims(token())
    with pytest.raises(UnavailableError):
        instance.claims(token())
    assert instance.publisher.fetched == 1, "it is not asked again at once"

    instance.publisher.body = jwks()
    instance.clock.advance(ms=RETRY_MS)
    assert instance.claims(token())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"keys": 7}',
        b'{"keys": []}',
        b'{"keys": [7]}',
        b'{"a": 1}',
        b"\xff",
    ],
)
def test_an_answer_that_is_no_set_of_keys_is_an_outage(instance: Instance, body: bytes) -> None:
    instance.publisher.body = body

    with pytest.raises(UnavailableError):
        instance.claims(token())


def test_known_keys_bridge_an_outage_for_a_while(instance: Instance) -> None:
    instance.claims(token())
    instance.publisher.body = None

    instance.clock.advance(ms=FRESH_MS)
    assert instance.claims(token())
    instance.clock.advance(ms=KEPT_MS - FRESH_MS)
    with pytest.raises(UnavailableError):
        instance.claims(token())


def test_keys_are_fetched_over_http() -> None:
    with served(jwks()) as url:
        tokens = OidcTokens(JwtSettings(ISSUER, AUDIENCE, url), FakeClock())

        assert tokens.claims(token())["iss"] == ISSUER


def test_an_address_nobody_answers_is_an_outage() -> None:
    with served(b"") as url:
        gone = url
    with pytest.raises(KeysUnavailableError):
        fetch(gone)


def test_an_endless_answer_is_an_outage() -> None:
    with served(b" " * (MAX_KEYS_BYTES + 1)) as url, pytest.raises(KeysUnavailableError):
        fetch(url)


def test_settings_are_all_there_or_people_are_refused() -> None:
    environ = {"JWT_ISSUER": ISSUER, "JWT_AUDIENCE": AUDIENCE, "JWT_JWKS_URL": URL}

    assert JwtSettings.read(environ) == SETTINGS
    assert JwtSettings.read({}) is None
    for name in ("JWT_AUDIENCE", "JWT_JWKS_URL"):
        with pytest.raises(SettingMissingError, match=name):
            JwtSettings.read({n: v for n, v in environ.items() if n != name})
