"""What tests of the client share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.service import Service

from tally import Runtime, Tally


@pytest.fixture
def service() -> Iterator[Service]:
    """A service at a real address."""
    running = Service()
    yield running
    running.close()


class Pauses:
    """Waits of a client: noted, not waited."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    @property
    def runtime(self) -> Runtime:
        return Runtime(sleep=self.waited.append, random=lambda: 1.0)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def client(service: Service, pauses: Pauses) -> Iterator[Tally]:
    with Tally("key-1", service.url, runtime=pauses.runtime) as made:
        yield made
