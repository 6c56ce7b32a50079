"""Who is calling: the one place that decides it, from the credential alone.

A credential is an API key (role `service`) or an OIDC id token (a person), as `Authorization: Bearer`
or, for a key, as `x-api-key`. Whatever is not exactly one good credential is refused.
"""

from __future__ import annotations

import hmac
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple, Protocol, TypeVar

from shared.domain.credentials import (
    MAX_CREDENTIAL_LENGTH,
    PREFIX,
    secret_hash,
    split_api_key,
)
from shared.domain.errors import UnauthorizedError
from shared.domain.ids import ACCOUNT_ID, ID
from shared.http.gate.strikes import Strikes
from shared.http.messages import Identity, RefusedCallerError, Request
from shared.ports.api_keys import ApiKeys
from shared.ports.runtime import Clock
from shared.routes import ADMIN, OPERATOR, SERVICE, USER

REMEMBERED_MS: Final = 30_000
"""A revoked key has to stop within 60 s; half of that spares a look-up with each request."""

CREDENTIALS_REMEMBERED: Final = 1000
"""Good ones, and as many bad ones, that one instance remembers; a few hundred bytes each."""

T = TypeVar("T")

PEOPLE: Final = (OPERATOR, ADMIN, USER)
"""Roles of people, highest first: who has several acts in the highest."""

VISIBLE: Final = re.compile(r"[!-+\--~]+", re.ASCII)
"""A credential: visible characters without a comma, which joins repeated headers."""

BEARER: Final = re.compile(rf"[Bb][Ee][Aa][Rr][Ee][Rr] +({VISIBLE.pattern})", re.ASCII)

BEARER_KIND: Final = "bearer"
API_KEY_KIND: Final = "x-api-key"

SEPARATORS: Final = re.compile(r"[\s,]+")


class Tokens(Protocol):
    """Checks id tokens."""

    def claims(self, token: str) -> Mapping[str, object]:
        """The claims of a token whose signature, issuer, audience and times hold.

        Raises:
            UnauthorizedError: something about it does not.
            UnavailableError: its issuer's keys cannot be had at the moment.
        """


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Which claims of an id token say who somebody is. The defaults are Cognito's."""

    workspace: str = "custom:workspaceId"
    role: str = "cognito:groups"
    user: str = "cognito:username"


class _Credential(NamedTuple):
    """A credential as it was sent, not yet checked: in the Authorization header, or in `x-api-key`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Found:
    """Whose credential was found good at a moment, and until when that is believed."""

    identity: Identity
    at_ms: int
    until_ms: int

    @classmethod
    def now(cls, identity: Identity, at_ms: int, expires_ms: int | None) -> _Found:
        until_ms = at_ms + REMEMBERED_MS
        return cls(identity, at_ms, until_ms if expires_ms is None else min(until_ms, expires_ms))


class Identifier:
    """Finds the caller's identity. Credentials, good and bad, are remembered for a while by their hashes.

    Without `tokens`, people are refused; without `strikes`, bad credentials are looked at one by one.
    """

    def __init__(
        self,
        api_keys: ApiKeys,
        tokens: Tokens | None,
        clock: Clock,
        claim_names: ClaimNames | None = None,
        strikes: Strikes | None = None,
    ) -> None:
        self._api_keys = api_keys
        self._tokens = tokens
        self._clock = clock
        self._claim_names = claim_names or ClaimNames()
        self._strikes = strikes
        self._good: OrderedDict[bytes, _Found] = OrderedDict()
        self._bad: OrderedDict[bytes, int] = OrderedDict()

    def __call__(self, request: Request) -> Identity:
        """The identity behind a request.

        Raises:
            UnauthorizedError: there is no credential, more than one, or one that does not hold.
            RateLimitedError: it does not hold or was never seen here, and its address sent many bad ones.
            UnavailableError: it cannot be checked at the moment.
        """
        credential = _credential(request.headers)
        digest = sha256(f"{credential.kind}:{credential.text}".encode()).digest()
        good = self._good.get(digest)
        now_ms = self._clock.now_ms()
        # By the wall clock, both ways: a frozen instance's monotonic clock may stand still meanwhile.
        if good is not None and good.at_ms <= now_ms < good.until_ms:
            return good.identity
        if self._strikes is not None:
            bad_ms = self._bad.get(digest, -REMEMBERED_MS)
            known_bad = 0 <= now_ms - bad_ms < REMEMBERED_MS
            self._strikes.look(request.source_ip, known_bad=known_bad)
        try:
            found = self._look_up(credential)
        except UnauthorizedError:
            _remember(self._bad, digest, now_ms)
            if self._strikes is not None:
                self._strikes.count(request.source_ip)
            raise
        _remember(self._good, digest, found)
        return found.identity

    def _look_up(self, credential: _Credential) -> _Found:
        now_ms = self._clock.now_ms()
        if credential.text.startswith(PREFIX):
            return self._service(credential.text, now_ms)
        if credential.kind != BEARER_KIND or self._tokens is None:
            raise _invalid()
        claims = self._tokens.claims(credential.text)
        return _Found.now(_person(claims, self._claim_names), now_ms, _expiry_ms(claims))

    def _service(self, credential: str, now_ms: int) -> _Found:
        parts = split_api_key(credential)
        if parts is None:
            raise _invalid()
        key = self._api_keys.get(parts.workspace_id, parts.key_id)
        presented = secret_hash(parts.secret)
        if key is None:
            raise _invalid()
        good = hmac.compare_digest(key.secret_hash, presented)
        if not good or key.is_dead(now_ms):
            # It says the same to whoever sent it; the workspace's audit trail says which key it was.
            raise RefusedCallerError(
                str(_invalid()), Identity(key.workspace_id, SERVICE, key.key_id)
            )
        identity = Identity(
            key.workspace_id, SERVICE, key.key_id, frozenset(key.scopes), key.rate_per_minute
        )
        return _Found.now(identity, now_ms, key.expires_ms)


def _remember(memory: OrderedDict[bytes, T], digest: bytes, what: T) -> None:
    memory.pop(digest, None)
    memory[digest] = what
    if len(memory) > CREDENTIALS_REMEMBERED:
        memory.popitem(last=False)


def _credential(headers: Mapping[str, str]) -> _Credential:
    """The one credential of a request."""
    authorization, api_key = headers.get("authorization"), headers.get("x-api-key")
    if authorization is None and api_key is None:
        raise UnauthorizedError("Send an API key or an id token.")
    if authorization is not None and api_key is not None:
        raise UnauthorizedError("Send one credential, not two.")
    if api_key is not None:
        credential = _Credential(API_KEY_KIND, api_key)
    else:
        match = BEARER.fullmatch(authorization or "")
        if match is None:
            raise UnauthorizedError("The Authorization header must be Bearer and one credential.")
        credential = _Credential(BEARER_KIND, match[1])
    if len(credential.text) > MAX_CREDENTIAL_LENGTH or not VISIBLE.fullmatch(credential.text):
        raise _invalid()
    return credential


def _expiry_ms(claims: Mapping[str, object]) -> int:
    """When a token expires; 0, so that it is not remembered, when that is not plain."""
    expires = claims.get("exp")
    return int(expires) * 1000 if isinstance(expires, int | float) else 0


def _person(claims: Mapping[str, object], names: ClaimNames) -> Identity:
    """A person by the claims of their token: what is not said plainly is refused."""
    held = _words(claims.get(names.role))
    role = next((role for role in PEOPLE if role in held), None)
    user_id, workspace_id = claims.get(names.user), claims.get(names.workspace)
    if role is None or not isinstance(user_id, str) or ID.fullmatch(user_id) is None:
        raise UnauthorizedError("The token does not say who you are here.")
    if ACCOUNT_ID.fullmatch(user_id):
        # Where a user id is asked for, an account's id is taken too: this name is somebody's account.
        raise UnauthorizedError("A user's id cannot have the form of an account's.")
    if workspace_id is None and role == OPERATOR:
        return Identity("", OPERATOR, user_id)
    if not isinstance(workspace_id, str) or ID.fullmatch(workspace_id) is None:
        raise UnauthorizedError("The token names no workspace.")
    return Identity(workspace_id, role, user_id)


def _words(claim: object) -> set[str]:
    """The words of a claim that is a list or a text."""
    if isinstance(claim, str):
        return set(SEPARATORS.split(claim))
    if isinstance(claim, list):
        return {word for word in claim if isinstance(word, str)}
    return set()


def _invalid() -> UnauthorizedError:
    """One answer for every reason, so that it tells nothing about which keys there are."""
    return UnauthorizedError("The credential is not valid.")
