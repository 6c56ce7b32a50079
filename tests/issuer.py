"""An OIDC issuer: keys, tokens, and its published keys on a loopback address."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final
from wsgiref.simple_server import make_server

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER: Final = "https://issuer.example.com/pool"
AUDIENCE: Final = "tally-dashboard"
RSA_KEY: Final = "rsa-1"
EC_KEY: Final = "ec-1"


@cache
def rsa_key(name: str = RSA_KEY) -> rsa.RSAPrivateKey:
    """A private key for each name, made once."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """A private key, made once."""
    return ec.generate_private_key(ec.SECP256R1())


def jwks(*more: dict[str, Any]) -> bytes:
    """The issuer's published keys, and more."""
    keys = [
        {**RSAAlgorithm.to_jwk(rsa_key().public_key(), as_dict=True), "kid": RSA_KEY},
        {**ECAlgorithm.to_jwk(ec_key().public_key(), as_dict=True), "kid": EC_KEY},
    ]
    return json.dumps({"keys": [*keys, *more]}).encode()


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of alice's id token, a user of acme; a change to None leaves a claim out."""
    now = int(time.time())
    plain = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "11111111-2222-3333-4444-555555555555",
        "iat": now - 10,
        "exp": now + 3600,
        "token_use": "id",
        "cognito:username": "alice",
        "cognito:groups": ["user"],
        "custom:workspaceId": "acme",
    }
    return {name: value for name, value in (plain | changes).items() if value is not None}


def token(
    *,
    key: Any = None,
    algorithm: str = "RS256",
    headers: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """An id token signed by the issuer."""
    kid = EC_KEY if algorithm == "ES256" else RSA_KEY
    signer = key or (ec_key() if algorithm == "ES256" else rsa_key())
    return jwt.encode(claims(**changes), signer, algorithm, {"kid": kid, **(headers or {})})


def person(role: str, user: str, workspace: str | None = "acme") -> str:
    """A token of somebody in a role."""
    renamed: dict[str, Any] = {
        "cognito:username": user,
        "cognito:groups": [role],
        "custom:workspaceId": workspace,
    }
    return token(**renamed)


@contextmanager
def served(body: bytes) -> Iterator[str]:
    """An address on this machine that answers with a body, over real HTTP."""

    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("content-type", "application/json")])
        return [body]

    with make_server("127.0.0.1", 0, application) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json"
        finally:
            server.shutdown()
            thread.join()
