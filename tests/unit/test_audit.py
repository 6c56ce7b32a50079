"""The audit trail: entries without users' ids, in order of time, listed and kept (SEC-2, SEC-5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.audit import KEPT_MS, AuditEntry, AuditFilter, accounts_of, masked
from shared.domain.calendar import MS_PER_DAY
from shared.domain.errors import UnavailableError
from shared.domain.ids import account_id_of, uuid7
from shared.store.audit import MAX_READ, DynamoAuditLog
from shared.store.schema import AUDIT_SHARDS
from tests.factories import ACCOUNT, SECRET
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Fault
from tests.fakes.table import FakeTable

OTHER: Final = account_id_of(SECRET, "bob")


def an_entry(at_ms: int = START_MS, clock: FakeClock | None = None, **changes: Any) -> AuditEntry:
    plain = AuditEntry(
        workspace_id="acme",
        entry_id=uuid7(at_ms, (clock or FakeClock(seed=at_ms)).random_bytes),
        actor="key:k1",
        role="service",
        action="GET /api/usage-logs/{id}",
        resource="/api/usage-logs/log-1",
        status=200,
        ip="203.0.113.7",
        request_id="req-1",
    )
    return replace(plain, **changes)


class Trail:
    """A trail in a table."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.log = DynamoAuditLog(self.table, self.clock)

    def put(self, *entries: AuditEntry) -> None:
        for entry in entries:
            self.log.record(entry)

    def fill(self, count: int, **changes: Any) -> list[AuditEntry]:
        entries = [an_entry(START_MS + n, self.clock, **changes) for n in range(count)]
        self.put(*entries)
        return entries

    def all(self, **where: Any) -> list[AuditEntry]:
        return list(self.log.entries("acme", AuditFilter(**where)))

    def pages(self, limit: int, **where: Any) -> list[list[AuditEntry]]:
        found, asked = [], AuditFilter(**where)
        while True:
            page = self.log.page("acme", asked, limit)
            found.append(page.rows)
            if page.next_key is None:
                return found
            asked = replace(asked, after=page.next_key)


@pytest.fixture
def trail() -> Trail:
    return Trail()


def flat(pages: Iterable[list[AuditEntry]]) -> list[AuditEntry]:
    return [entry for page in pages for entry in page]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "allowed"),
        (201, "allowed"),
        (304, "allowed"),
        (401, "denied"),
        (402, "denied"),
        (403, "denied"),
        (404, "not_found"),
        (409, "allowed"),
        (422, "allowed"),
        (429, "denied"),
        (503, "allowed"),
    ],
)
def test_an_outcome_says_whether_somebody_was_let_through(status: int, outcome: str) -> None:
    assert an_entry(status=status).outcome == outcome


def test_users_are_named_when_an_entry_is_shown() -> None:
    """SEC-5: the directory is the one place that holds a user's id."""
    entry = an_entry(
        actor=f"user:{masked(ACCOUNT)}", resource=f"/api/usage-logs/user/{masked(OTHER)}?x={OTHER}"
    )
    assert accounts_of([entry, entry]) == sorted([ACCOUNT, OTHER])
    shown = entry.shown({ACCOUNT: "alice"})
    assert shown.actor == "user:alice"
    assert shown.resource == f"/api/usage-logs/user/{OTHER}?x={OTHER}", "erased, or never known"
    assert entry.shown({}).actor == f"user:{ACCOUNT}"


def test_an_entry_comes_back_as_it_was(trail: Trail) -> None:
    entry = an_entry(actor=f"user:{masked(ACCOUNT)}", status=404)
    trail.put(entry)
    assert trail.all() == [entry]
    assert entry.at_ms == START_MS


def test_an_entry_costs_one_write_unit_and_no_index(trail: Trail) -> None:
    longest = an_entry(
        workspace_id="w" * 128,
        actor="user:" + "u" * 128,
        resource=f"/api/admin/customers/{'%E2%82%AC' * 42}?userId={masked(ACCOUNT)}",
        ip="2001:0db8:85a3:0000:0000:8a2e:0370:7334",
        request_id="0f5c2a4e-8b1d-4a7c-9f63-1c0d2e3f4a5b",
    )
    trail.put(longest)
    assert trail.table.units.writes == 1


def test_recording_again_changes_nothing(trail: Trail) -> None:
    entry = an_entry()
    trail.put(entry, entry)
    assert trail.all() == [entry]


def test_entries_are_spread_over_partitions(trail: Trail) -> None:
    trail.fill(100)
    assert len({item["pk"] for item in trail.table.items()}) == AUDIT_SHARDS


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.THROTTLED, Fault.TIMEOUT_AFTER])
def test_an_entry_that_may_be_nowhere_is_said_to_be(trail: Trail, fault: Fault) -> None:
    trail.table.meet("write", fault)
    with pytest.raises(UnavailableError):
        trail.put(an_entry())


def test_workspaces_have_trails_of_their_own(trail: Trail) -> None:
    trail.put(an_entry(), an_entry(workspace_id="globex"), an_entry(workspace_id=""))
    for workspace_id in ("acme", "globex", ""):
        (entry,) = trail.log.entries(workspace_id, AuditFilter())
        assert entry.workspace_id == workspace_id
    assert list(trail.log.entries("acm", AuditFilter())) == []


@pytest.mark.parametrize("descending", [True, False])
def test_entries_come_in_order_of_time(trail: Trail, *, descending: bool) -> None:
    made = trail.fill(60)
    wanted = made[::-1] if descending else made
    assert trail.all(descending=descending) == wanted
    for limit in (1, 7, 60, 100):
        assert flat(trail.pages(limit, descending=descending)) == wanted


def test_a_range_is_half_open_and_exact_to_the_millisecond(trail: Trail) -> None:
    made = trail.fill(10)
    assert trail.all(start_ms=START_MS + 3, end_ms=START_MS + 6, descending=False) == made[3:6]
    assert trail.all(end_ms=START_MS) == []
    assert trail.all(start_ms=START_MS + 10) == []
    assert trail.all(start_ms=START_MS + 5, end_ms=START_MS + 5) == []
    assert trail.all(start_ms=-(10**15), end_ms=10**17, descending=False) == made


def test_actor_and_action_narrow_a_list(trail: Trail) -> None:
    trail.fill(5)
    user = an_entry(START_MS + 50, actor=f"user:{masked(ACCOUNT)}", role="user")
    post = an_entry(START_MS + 60, action="POST /api/usage-logs")
    trail.put(user, post)
    assert trail.all(actors=("user:alice", f"user:{masked(ACCOUNT)}")) == [user]
    assert trail.all(action="POST /api/usage-logs") == [post]
    assert trail.all(action="POST /api/usage-logs", actors=("key:k2",)) == []


def test_a_page_reads_no_more_than_its_bound_and_goes_on_from_there(trail: Trail) -> None:
    made = trail.fill(MAX_READ + 300)
    rare = an_entry(START_MS - 1, actor="key:rare")
    trail.put(rare)
    first = trail.log.page("acme", AuditFilter(actors=("key:rare",)), 20)
    assert first.rows == []
    assert first.next_key == made[-MAX_READ].entry_id
    assert flat(trail.pages(20, actors=("key:rare",))) == [rare]


def test_a_plain_page_reads_little(trail: Trail) -> None:
    trail.fill(2_000)
    before = trail.table.units.reads
    trail.log.page("acme", AuditFilter(), 20)
    assert trail.table.units.reads - before <= 2 * AUDIT_SHARDS * 2


def test_a_long_idle_trail_is_read_at_once(trail: Trail) -> None:
    """Days without entries cost nothing: the year before is one query a partition, too."""
    trail.put(an_entry())
    trail.clock.advance(days=399)
    before = trail.table.calls["query"]
    assert len(trail.all()) == 1
    assert trail.table.calls["query"] - before == AUDIT_SHARDS


def test_entries_past_their_time_are_gone_even_before_the_table_lets_them_go(trail: Trail) -> None:
    trail.put(an_entry())
    trail.clock.advance(ms=KEPT_MS)
    assert len(trail.all()) == 1
    trail.clock.advance(ms=1)
    assert trail.all() == []
    trail.clock.advance(days=1)
    trail.table.expire()
    assert trail.table.items() == []


@given(
    offsets=st.lists(st.integers(-5 * MS_PER_DAY, 0), max_size=40),
    limit=st.integers(1, 15),
    descending=st.booleans(),
    bounds=st.tuples(st.integers(-6, 1), st.integers(-6, 1)),
)
def test_pages_are_the_list_cut_up(
    offsets: list[int], limit: int, bounds: tuple[int, int], *, descending: bool
) -> None:
    """Law: against a plain sorted list."""
    trail = Trail()
    made = [an_entry(START_MS + offset, trail.clock) for offset in offsets]
    trail.put(*made)
    start_ms, end_ms = (START_MS + bound * MS_PER_DAY for bound in bounds)
    wanted = sorted(
        (entry for entry in made if start_ms <= entry.at_ms < end_ms),
        key=lambda entry: entry.entry_id,
        reverse=descending,
    )
    pages = trail.pages(limit, start_ms=start_ms, end_ms=end_ms, descending=descending)
    assert flat(pages) == wanted
    assert all(len(page) <= limit for page in pages)
