"""Id tokens of an OIDC issuer, checked against its published keys.

PyJWT, its cryptography and what reads keys are imported when the first token comes: services call with
API keys, and their cold start should not pay for people's tokens.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.domain.errors import UnauthorizedError, UnavailableError
from shared.environment import required
from shared.ports.runtime import Clock

if TYPE_CHECKING:
    from jwt import PyJWK

ALGORITHMS: Final = ("RS256", "ES256")
REQUIRED_CLAIMS: Final = ("exp", "iat", "aud", "iss", "sub")
LEEWAY_SECONDS: Final = 10
ACCESS_TOKEN_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})

FETCH_TIMEOUT_SECONDS: Final = 3.0
MAX_KEYS_BYTES: Final = 256 * 1024
MAX_KEY_ID_LENGTH: Final = 256
FRESH_MS: Final = 10 * 60_000
"""How long keys are used before they are read again: a withdrawn key stops within that time."""

KEPT_MS: Final = 60 * 60_000
"""How long known keys are still used while the issuer does not answer."""

REFETCH_MS: Final = 30_000
"""Pause between two readings for the sake of unknown key ids: anybody can make one up."""

RETRY_MS: Final = 3_000
"""Pause after a reading that failed."""

Fetch = Callable[[str], bytes]


class KeysUnavailableError(Exception):
    """The issuer's keys could not be read."""


@dataclass(frozen=True, slots=True)
class JwtSettings:
    """Whose tokens are taken: `iss`, `aud`, and where the issuer's keys are."""

    issuer: str
    audience: str
    jwks_url: str

    def __post_init__(self) -> None:
        assert self.jwks_url.startswith(("https://", "http://"))

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> JwtSettings | None:
        """The settings; None where no issuer is set, and people are refused."""
        if not environ.get("JWT_ISSUER"):
            return None
        return cls(
            required(environ, "JWT_ISSUER"),
            required(environ, "JWT_AUDIENCE"),
            required(environ, "JWT_JWKS_URL"),
        )


def fetch(url: str) -> bytes:
    """What an address answers, up to a bound.

    Raises:
        KeysUnavailableError: it did not answer, or too much.
    """
    from urllib.request import Request, urlopen  # noqa: PLC0415 - see the module's docstring

    request = Request(url, headers={"accept": "application/json"})  # noqa: S310 - JwtSettings checks
    try:
        with urlopen(request, timeout=FETCH_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            body: bytes = answer.read(MAX_KEYS_BYTES + 1)
    except (OSError, ValueError) as error:
        raise KeysUnavailableError(str(error)) from error
    if len(body) > MAX_KEYS_BYTES:
        raise KeysUnavailableError("the answer is too long for a set of keys")
    return body


class PublishedKeys:
    """An issuer's signing keys by their ids, read when needed and remembered."""

    def __init__(self, url: str, clock: Clock, fetch: Fetch) -> None:
        self._url = url
        self._clock = clock
        self._fetch = fetch
        self._keys: dict[str, PyJWK] = {}
        self._read_ms: int | None = None
        self._tried_ms: int | None = None
        self._failed = False

    def key(self, key_id: str) -> PyJWK:
        """A key.

        Raises:
            UnauthorizedError: the issuer has none of that id.
            UnavailableError: it cannot be found out at the moment.
        """
        if key_id not in self._keys or self._older(self._read_ms, FRESH_MS):
            self._read_again()
        if key_id in self._keys and not self._older(self._read_ms, KEPT_MS):
            return self._keys[key_id]
        if self._failed:
            raise UnavailableError("Tokens cannot be checked at the moment; please repeat.")
        raise UnauthorizedError("The token is not signed by a key of its issuer.")

    def _older(self, then_ms: int | None, span_ms: int) -> bool:
        """Whether a moment is past by a span; one in the future counts as past (the clock was set)."""
        return then_ms is None or not 0 <= self._clock.now_ms() - then_ms < span_ms

    def _read_again(self) -> None:
        if not self._older(self._tried_ms, RETRY_MS if self._failed else REFETCH_MS):
            return
        self._tried_ms = self._clock.now_ms()
        try:
            self._keys = _signing_keys(self._fetch(self._url))
        except KeysUnavailableError:
            self._failed = True
        else:
            self._failed = False
            self._read_ms = self._tried_ms


def _signing_keys(body: bytes) -> dict[str, PyJWK]:
    """The keys of a JWKS (RFC 7517) that can have signed a token of ours."""
    from jwt import PyJWKSet  # noqa: PLC0415 - see the module's docstring
    from jwt.exceptions import PyJWTError  # noqa: PLC0415

    try:
        published = json.loads(body)
        keys = PyJWKSet.from_dict(published).keys
    except (ValueError, TypeError, AttributeError, PyJWTError) as error:
        raise KeysUnavailableError("the answer is no set of keys") from error
    return {
        key.key_id: key
        for key in keys
        if key.key_id and key.algorithm_name in ALGORITHMS and key.public_key_use in {None, "sig"}
    }


class OidcTokens:
    """Checks id tokens of one issuer."""

    def __init__(self, settings: JwtSettings, clock: Clock, fetch: Fetch = fetch) -> None:
        self._settings = settings
        self._keys = PublishedKeys(settings.jwks_url, clock, fetch)

    def claims(self, token: str) -> Mapping[str, object]:
        """The claims of a token whose signature, issuer, audience and times hold.

        Raises:
            UnauthorizedError: something about it does not, or it is an access token.
            UnavailableError: the issuer's keys cannot be had at the moment.
        """
        import jwt  # noqa: PLC0415 - see the module's docstring

        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.key(_key_id(header))
            if key.algorithm_name != header["alg"]:
                raise UnauthorizedError("The token is not signed the way its key is used.")
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except jwt.ExpiredSignatureError as error:
            raise UnauthorizedError("The token has expired.") from error
        except jwt.PyJWTError as error:
            raise UnauthorizedError("The token is not valid.") from error
        if claims.get("token_use", "id") != "id":
            raise UnauthorizedError("An access token does not say who you are: send the id token.")
        return claims


def _key_id(header: Mapping[str, object]) -> str:
    """The id of the key that a token says it is signed with, once the rest of its header will do."""
    kind, key_id = header.get("typ"), header.get("kid")
    if isinstance(kind, str) and kind.lower() in ACCESS_TOKEN_TYPES:
        raise UnauthorizedError("An access token does not say who you are: send the id token.")
    if header.get("alg") not in ALGORITHMS:
        raise UnauthorizedError("The token must be signed with RS256 or ES256.")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= MAX_KEY_ID_LENGTH:
        raise UnauthorizedError("The token does not name its key.")
    return key_id
