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
from typing import Final, Protocol

from shared.domain.credentials import (
    MAX_CREDENTIAL_LENGTH,
    PREFIX,
    secret_hash,
    split_api_key,
)
from shared.domain.errors import UnauthorizedError
from shared.domain.ids import ACCOUNT_ID, ID
from shared.domain.workspace import ApiKey
from shared.http.messages import Identity, Request
from shared.ports import ApiKeys, Clock
from shared.routes import ADMIN, OPERATOR, SERVICE, USER

KEY_REMEMBERED_MS: Final = 30_000
"""A revoked key has to stop within 60 s; half of that spares a read of the table with each request."""

KEYS_REMEMBERED: Final = 1000
"""What one instance remembers; a few hundred bytes each."""

PEOPLE: Final = (OPERATOR, ADMIN, USER)
"""Roles of people, highest first: who has several acts in the highest."""

BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([!-+\--~]+)", re.ASCII)
"""The scheme and a credential of visible characters without a comma, which joins repeated headers."""

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


class Identifier:
    """Finds the caller's identity. Without `tokens`, people are refused."""

    def __init__(
        self,
        api_keys: ApiKeys,
        tokens: Tokens | None,
        clock: Clock,
        claim_names: ClaimNames | None = None,
    ) -> None:
        self._api_keys = api_keys
        self._tokens = tokens
        self._clock = clock
        self._claim_names = claim_names or ClaimNames()
        self._remembered: OrderedDict[bytes, tuple[int, ApiKey]] = OrderedDict()

    def __call__(self, request: Request) -> Identity:
        """The identity behind a request.

        Raises:
            UnauthorizedError: there is no credential, more than one, or one that does not hold.
            UnavailableError: it cannot be checked at the moment.
        """
        credential = _credential(request.headers)
        if credential.startswith(PREFIX):
            return self._service(credential)
        if "x-api-key" in request.headers or self._tokens is None:
            raise _invalid()
        return _person(self._tokens.claims(credential), self._claim_names)

    def _service(self, credential: str) -> Identity:
        key = self._known(credential)
        if key.expires_ms is not None and key.expires_ms <= self._clock.now_ms():
            raise _invalid()
        return Identity(
            key.workspace_id, SERVICE, key.key_id, frozenset(key.scopes), key.rate_per_minute
        )

    def _known(self, credential: str) -> ApiKey:
        """The key of a credential, remembered for a while by the hash of it.

        By the wall clock, both ways: a frozen instance's monotonic clock may stand still meanwhile.
        """
        digest = sha256(credential.encode()).digest()
        now_ms = self._clock.now_ms()
        read_ms, key = self._remembered.get(digest, (None, None))
        if key is not None and read_ms is not None and 0 <= now_ms - read_ms < KEY_REMEMBERED_MS:
            return key
        self._remembered.pop(digest, None)
        key = self._read(credential)
        self._remembered[digest] = now_ms, key
        if len(self._remembered) > KEYS_REMEMBERED:
            self._remembered.popitem(last=False)
        return key

    def _read(self, credential: str) -> ApiKey:
        parts = split_api_key(credential)
        if parts is None:
            raise _invalid()
        key = self._api_keys.get(parts.workspace_id, parts.key_id)
        presented = secret_hash(parts.secret)
        if key is None or not hmac.compare_digest(key.secret_hash, presented):
            raise _invalid()
        if key.revoked_ms is not None:
            raise _invalid()
        return key


def _credential(headers: Mapping[str, str]) -> str:
    """The one credential of a request, not yet checked."""
    authorization, api_key = headers.get("authorization"), headers.get("x-api-key")
    if authorization is None and api_key is None:
        raise UnauthorizedError("Send an API key or an id token.")
    if authorization is not None and api_key is not None:
        raise UnauthorizedError("Send one credential, not two.")
    if api_key is None:
        match = BEARER.fullmatch(authorization or "")
        if match is None:
            raise UnauthorizedError("The Authorization header must be Bearer and one credential.")
        api_key = match[1]
    if len(api_key) > MAX_CREDENTIAL_LENGTH:
        raise _invalid()
    return api_key


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
