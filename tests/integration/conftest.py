"""What integration tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.issuer import jwks, served


@pytest.fixture(scope="session")
def keys_url() -> Iterator[str]:
    """Where the test issuer's keys are published: set `JWT_JWKS_URL` to it."""
    with served(jwks()) as url:
        yield url
