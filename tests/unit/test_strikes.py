"""Floods of bad credentials are throttled by address, and nobody good suffers (SEC-4)."""

from __future__ import annotations

from typing import Final

import pytest

from shared.domain.credentials import ApiKeyText, new_api_key, secret_hash
from shared.domain.errors import RateLimitedError, UnauthorizedError
from shared.http.gate.identity import CREDENTIALS_REMEMBERED, Identifier
from shared.http.gate.rates import Rates
from shared.http.gate.strikes import ADDRESSES_REMEMBERED, LOOKS, NOWHERE, SharedStrikes, network_of
from shared.http.messages import Request
from shared.store.api_keys import DynamoApiKeys
from shared.store.rate_counters import DynamoRateCounters
from tests.factories import an_api_key, bearer, http_event
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Fault
from tests.fakes.table import FakeTable

PER_MINUTE: Final = 10
HOME: Final = "203.0.113.7"


class Town:
    """Instances of functions over one table of keys."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.keys = DynamoApiKeys(self.table, self.clock.random_bytes)
        self.here = self.instance()

    def instance(self) -> Identifier:
        rates = Rates(DynamoRateCounters(self.table), self.clock)
        strikes = SharedStrikes(rates, PER_MINUTE, self.clock)
        return Identifier(self.keys, None, self.clock, strikes=strikes)

    def good(self) -> ApiKeyText:
        text = new_api_key("acme", self.clock.random_bytes)
        key = an_api_key(text.key_id, secret_hash=secret_hash(text.secret))
        self.keys.create(key, None, {})
        return text

    def bad(self) -> ApiKeyText:
        return new_api_key("acme", self.clock.random_bytes)

    def send(
        self,
        credential: object,
        address: str = HOME,
        instance: Identifier | None = None,
        forwarded: str | None = None,
    ) -> int:
        headers = bearer(str(credential))
        if forwarded is not None:
            headers["x-forwarded-for"] = forwarded
        event = http_event("GET", "/api/exports", headers=headers, source_ip=address)
        try:
            (instance or self.here)(Request.of(event, "req-1"))
        except (UnauthorizedError, RateLimitedError) as error:
            return error.status
        return 200

    def flood(self, count: int = PER_MINUTE * 3, address: str = HOME) -> list[int]:
        return [self.send(self.bad(), address) for _ in range(count)]


@pytest.fixture
def town() -> Town:
    return Town()


def test_bad_credentials_of_an_address_are_throttled(town: Town) -> None:
    statuses = town.flood()
    assert statuses == [401] * PER_MINUTE + [429] * (PER_MINUTE * 2)


def test_a_bad_credential_that_keeps_coming_costs_no_more_look_ups(town: Town) -> None:
    """Before they cost."""
    bad = town.bad()
    for _ in range(PER_MINUTE + 1):
        town.send(bad)
    reads, writes = town.table.calls["get"], town.table.calls["write"]
    assert {town.send(bad) for _ in range(500)} == {429}
    assert (town.table.calls["get"], town.table.calls["write"]) == (reads, writes)


def test_a_flood_of_different_ones_costs_a_few_look_ups_in_three_seconds(town: Town) -> None:
    town.flood(PER_MINUTE + 1)
    reads = town.table.calls["get"]
    assert set(town.flood(500)) == {429}
    assert town.table.calls["get"] - reads == LOOKS


def test_instances_count_together(town: Town) -> None:
    instances = [town.instance() for _ in range(8)]
    statuses = [
        town.send(town.bad(), instance=instances[number % 8]) for number in range(PER_MINUTE * 4)
    ]
    assert statuses.count(401) == PER_MINUTE


def test_a_good_credential_behind_the_same_address_still_works(town: Town) -> None:
    """Known here or not."""
    known, new = town.good(), town.good()
    assert town.send(known) == 200
    assert town.flood()[-1] == 429
    assert town.send(known) == 200
    assert town.send(new) == 200


def test_other_addresses_are_not_concerned(town: Town) -> None:
    assert town.flood()[-1] == 429
    assert town.send(town.bad(), "198.51.100.4") == 401


def test_what_a_header_says_of_the_address_is_not_believed(town: Town) -> None:
    statuses = [
        town.send(town.bad(), forwarded=f"198.51.100.{number}") for number in range(PER_MINUTE + 1)
    ]
    assert statuses[-1] == 429


def test_after_a_minute_a_mistake_is_told_again(town: Town) -> None:
    town.flood()
    town.clock.advance(seconds=66)
    assert town.send(town.bad()) == 401


def test_no_credential_and_ones_of_no_form_are_not_held_against_an_address(town: Town) -> None:
    """They cost nothing."""
    for _ in range(PER_MINUTE * 2):
        with pytest.raises(UnauthorizedError):
            town.here(Request.of(http_event("GET", "/api/exports"), "req-1"))
        assert town.send("two words") == 401


def test_without_the_table_bad_credentials_are_still_throttled(town: Town) -> None:
    town.table.meet("write", *[Fault.TIMEOUT_BEFORE] * 100)
    assert town.flood()[-1] == 429


def test_what_is_remembered_is_bounded(town: Town) -> None:
    for number in range(CREDENTIALS_REMEMBERED + 10):
        town.send(town.bad(), f"10.0.{number // 256}.{number % 256}")
    assert len(town.here._bad) == CREDENTIALS_REMEMBERED
    strikes = town.here._strikes
    assert isinstance(strikes, SharedStrikes)
    strikes._looks.update({(str(number), 0): 1 for number in range(ADDRESSES_REMEMBERED)})
    assert town.flood()[-1] == 429
    assert len(strikes._looks) == ADDRESSES_REMEMBERED


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", NOWHERE),
        ("203.0.113.7, 10.0.0.1", NOWHERE),
        ("W#acme#", NOWHERE),
    ],
)
def test_an_address_stands_for_what_one_customer_gets(address: str, network: str) -> None:
    assert network_of(address) == network


def test_one_ipv6_network_is_one_address(town: Town) -> None:
    statuses = [
        town.send(town.bad(), f"2001:db8:1:2::{number:x}") for number in range(PER_MINUTE + 1)
    ]
    assert statuses[-1] == 429
