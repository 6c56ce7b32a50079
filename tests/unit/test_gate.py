"""Everybody known passes the gate: counted before, written down behind, or not answered (SEC-2, SEC-4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from shared.domain.audit import AuditEntry, AuditFilter, masked
from shared.domain.errors import (
    ConflictRetryError,
    InsufficientCreditsError,
    LimitExceededError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    ValidationFailedError,
)
from shared.http.app import App
from shared.http.gate.auditor import Auditor, Recorder
from shared.http.gate.callers import USERS_REMEMBERED, WORKSPACES_REMEMBERED, Callers
from shared.http.gate.passage import SharedGate
from shared.http.gate.rates import Rates, RateSettings
from shared.http.messages import Identity, RefusedCallerError, Request, Response
from shared.routes import ADMIN, OPERATOR, ROUTES, SERVICE, USER
from shared.store.audit import DynamoAuditLog
from shared.store.directory import DynamoDirectory
from shared.store.rate_counters import DynamoRateCounters
from shared.store.table import StoreUnavailableError
from shared.store.workspaces import DynamoWorkspaces
from tests.client import Answer, BareClient
from tests.factories import ACCOUNT, SECRET, a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Call, Fault, Step
from tests.fakes.table import FakeTable

ALICE: Final = Identity("acme", USER, "alice")
ADA: Final = Identity("acme", ADMIN, "ada")
OLGA: Final = Identity("", OPERATOR, "olga")
KEY: Final = Identity("acme", SERVICE, "k1", frozenset({"usage:read", "usage:write"}))
GUARDED: Final = {route.key for route in ROUTES if not route.public}


class Broken:
    """A recorder that takes nothing, or a queue that takes everything."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.taken: list[AuditEntry] = []

    def record(self, entry: AuditEntry) -> None:
        if self.error is not None:
            raise self.error
        self.taken.append(entry)


class House:
    """A function with the real gate over a table in memory; every route answers what it is told to."""

    def __init__(self, *fallbacks: Recorder, rates: str = "") -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        workspaces = DynamoWorkspaces(self.table)
        for name in ("acme", "globex"):
            workspaces.create(a_workspace(workspace_id=name, secret=SECRET))
        self.directory = DynamoDirectory(self.table)
        self.audit = DynamoAuditLog(self.table, self.clock)
        self.callers = Callers(workspaces, self.directory, self.clock)
        self.gate = SharedGate(
            self.callers,
            Rates(DynamoRateCounters(self.table), self.clock),
            RateSettings.read(rates),
            Auditor([self.audit, *fallbacks], self.callers, self.clock),
        )
        self.done: list[str] = []

    def client(
        self, caller: Identity | UnauthorizedError, says: Callable[[], Response] | None = None
    ) -> BareClient:
        def identify(request: Request) -> Identity:
            if isinstance(caller, UnauthorizedError):
                raise caller
            return caller

        def answer(request: Request, identity: Identity) -> Response:
            self.done.append(request.route_key)
            return Response(200, {"ok": True}) if says is None else says()

        app = App(
            identify,
            self.gate,
            dict.fromkeys(GUARDED, answer),
            {"GET /api/health": lambda request: Response(200)},
            transient=(StoreUnavailableError,),
        )
        return BareClient(app)

    def get(self, caller: Identity, path: str, **query: str) -> Answer:
        return self.client(caller).get(path, **query)

    def trail(self, workspace_id: str = "acme") -> list[AuditEntry]:
        entries = list(self.audit.entries(workspace_id, AuditFilter()))
        users = self.directory.users_of(workspace_id, [ACCOUNT])
        return [entry.shown(users) for entry in entries]

    def only(self, workspace_id: str = "acme") -> AuditEntry:
        (entry,) = self.trail(workspace_id)
        return entry

    def lose_audit(self, fault: Fault = Fault.TIMEOUT_BEFORE) -> None:
        def chaos(call: Call) -> Step:
            return fault if "#AUDIT#" in str(call.writes) else None

        self.table.meet_chaos(chaos)


@pytest.fixture
def house() -> House:
    return House()


def raising(error: Exception) -> Callable[[], Response]:
    def says() -> Response:
        raise error

    return says


def test_an_entry_says_who_what_when_from_where_and_what_came_of_it(house: House) -> None:
    house.get(KEY, "/api/usage-logs/log-1")
    entry = house.only()
    assert entry.at_ms == house.clock.now_ms()
    assert (entry.actor, entry.role, entry.ip) == ("key:k1", "service", "203.0.113.7")
    assert entry.action == "GET /api/usage-logs/{id}"
    assert entry.resource == "/api/usage-logs/log-1"
    assert (entry.outcome, entry.status, entry.request_id) == ("allowed", 200, "req-1")


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [
        (InsufficientCreditsError(0, 1), 402, "denied"),
        (NotFoundError("none"), 404, "not_found"),
        (
            LimitExceededError("full", members={"resetsAt": "2026-11-21T00:00:00.000Z"}),
            429,
            "denied",
        ),
        (ValidationFailedError.of("/x", "no"), 422, "allowed"),
        (ConflictRetryError("busy"), 503, "allowed"),
        (StoreUnavailableError("down"), 503, "allowed"),
        (RuntimeError("bug"), 500, "allowed"),
    ],
)
def test_whatever_comes_of_a_request_is_one_entry(
    house: House, error: Exception, status: int, outcome: str
) -> None:
    answer = house.client(KEY, raising(error)).post("/api/usage-logs", {})
    assert answer.status == status
    assert (house.only().status, house.only().outcome) == (status, outcome)


def test_a_refused_role_scope_and_workspace_are_entries(house: House) -> None:
    """SEC-2: refusals included."""
    assert house.get(ALICE, "/api/thresholds").status == 403
    assert house.get(Identity("acme", SERVICE, "k2"), "/api/exports").status == 403
    assert house.get(ADA, "/api/thresholds", workspaceId="globex").status == 404
    assert {(entry.actor, entry.resource, entry.outcome) for entry in house.trail()} == {
        ("user:alice", "/api/thresholds", "denied"),
        ("key:k2", "/api/exports", "denied"),
        ("user:ada", "/api/thresholds?workspaceId=globex", "not_found"),
    }
    assert house.trail("globex") == [], (
        "what another workspace is tried for is none of its business"
    )


def test_a_known_key_that_does_not_hold_is_an_entry_of_its_workspace(house: House) -> None:
    refused = RefusedCallerError("no", Identity("acme", SERVICE, "k1"))
    assert house.client(refused).get("/api/exports").status == 401
    entry = house.only()
    assert (entry.actor, entry.outcome, entry.status) == ("key:k1", "denied", 401)


def test_who_is_nobody_leaves_no_entry(house: House) -> None:
    assert house.client(UnauthorizedError("no")).get("/api/exports").status == 401
    assert house.client(ADA).get("/api/nothing").status == 404
    assert house.client(ADA).get("/api/health").status == 200
    assert house.trail() == []


def test_no_entry_holds_a_users_id(house: House) -> None:
    """SEC-5: of users, that is; staff are named."""
    house.get(ALICE, "/api/usage-logs/user/alice")
    house.get(KEY, "/api/admin/accounts/alice")
    house.get(ADA, "/api/usage-logs/stats", userId="alice")
    stored = [item for item in house.table.items() if "#AUDIT#" in str(item["pk"])]
    assert len(stored) == 3
    assert "alice" not in str(stored)
    assert {entry.resource for entry in house.trail()} == {
        "/api/usage-logs/user/alice",
        "/api/admin/accounts/alice",
        "/api/usage-logs/stats?userId=alice",
    }


def test_a_user_who_has_no_account_yet_is_named_all_the_same(house: House) -> None:
    """A stranger who tries doors has a name."""
    house.get(ALICE, "/api/thresholds")
    assert house.only().actor == "user:alice"


def test_a_user_is_introduced_once_and_not_again_when_erased(house: House) -> None:
    house.get(ALICE, "/api/accounts/me")
    written = house.table.calls["write"]
    house.get(ALICE, "/api/accounts/me")
    assert house.table.calls["write"] - written == 2, "a permit and an entry"
    erased = House()
    erased.directory.introduce("acme", ACCOUNT, "somebody-else")
    erased.get(ALICE, "/api/accounts/me")
    assert erased.only().actor == "user:somebody-else", "what the directory has stays"


def test_an_account_in_the_place_of_a_user_stays_what_was_asked_for(house: House) -> None:
    """Who only knows the pseudonym is told no more by the trail."""
    house.get(ALICE, "/api/accounts/me")
    house.get(ADA, f"/api/admin/accounts/{ACCOUNT}")
    assert house.trail()[0].resource == f"/api/admin/accounts/{ACCOUNT}"


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/api/usage-logs/a b", "/api/usage-logs/a%20b"),
        (
            "/api/usage-logs/{acct_0123456789abcdef0123}",
            "/api/usage-logs/%7Bacct_0123456789abcdef0123%7D",
        ),
        ("/api/usage-logs/€\x00\ud800", "/api/usage-logs/%E2%82%AC%00%3F"),
        ("/api/usage-logs/" + "x" * 4000, "/api/usage-logs/" + "x" * 128),
        ("/api/usage-logs/user/two words", "/api/usage-logs/user/two%20words"),
    ],
)
def test_hostile_paths_are_encoded_and_cut(house: House, path: str, resource: str) -> None:
    assert house.get(KEY, path).status in {200, 404}
    assert house.only().resource == resource


def test_free_text_of_a_query_stays_out(house: House) -> None:
    house.get(ADA, "/api/alerts", q="alice is ill", userId="alice", status="sent")
    assert house.only().resource == f"/api/alerts?userId={ACCOUNT}"


def test_a_user_whom_nobody_knows_stands_by_the_account_they_would_have(house: House) -> None:
    house.get(KEY, "/api/admin/accounts/alice")
    assert house.only().resource == f"/api/admin/accounts/{ACCOUNT}"
    house.directory.put("acme", ACCOUNT, "alice")
    assert house.only().resource == "/api/admin/accounts/alice"


def test_an_operator_is_in_the_trail_of_the_workspace_they_act_in(house: House) -> None:
    house.get(OLGA, "/api/thresholds", workspaceId="acme")
    house.get(OLGA, "/api/admin/workspaces/globex")
    house.get(OLGA, "/api/admin/workspaces")
    house.get(OLGA, "/api/admin/accounts/alice")
    assert [entry.resource for entry in house.trail()] == ["/api/thresholds?workspaceId=acme"]
    assert [entry.resource for entry in house.trail("globex")] == ["/api/admin/workspaces/globex"]
    assert {entry.resource for entry in house.trail("")} == {
        "/api/admin/workspaces",
        "/api/admin/accounts/-",
    }


def test_a_user_of_a_workspace_that_is_not_there_finds_nothing(house: House) -> None:
    answer = house.get(Identity("ghost", USER, "alice"), "/api/accounts/me")
    assert (answer.status, house.done) == (404, [])


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.THROTTLED])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_entry_the_table_does_not_take_goes_to_the_queue(method: str, fault: Fault) -> None:
    """SEC-2: tested by failing the store."""
    queue = Broken()
    house = House(queue)
    house.lose_audit(fault)
    answer = house.client(ADA).send(method, "/api/thresholds")
    assert (answer.status, answer.body) == (200, {"ok": True})
    (entry,) = queue.taken
    assert (entry.actor, entry.action) == ("user:ada", f"{method} /api/thresholds")


@pytest.mark.parametrize(
    "fallbacks", [(), (Broken(UnavailableError("down")),), (Broken(RuntimeError("bug")),)]
)
@pytest.mark.parametrize("status", [200, 404])
def test_what_nobody_takes_down_is_not_answered(fallbacks: tuple[Broken, ...], status: int) -> None:
    """SEC-2: the request fails, and what was read does not leave."""
    house = House(*fallbacks)
    house.lose_audit()
    says = None if status == 200 else raising(NotFoundError("secret"))
    answer = house.client(ADA, says).get("/api/thresholds")
    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "ok" not in answer.body
    assert "secret" not in str(answer.body)


def test_any_error_of_the_table_is_one_for_the_queue() -> None:
    queue = Broken()
    house = House(queue)

    def grant_is_missing() -> None:
        raise RuntimeError("AccessDeniedException")

    house.table.meet("write", None, grant_is_missing)
    assert house.get(ADA, "/api/thresholds").status == 200
    assert len(queue.taken) == 1


def test_a_caller_over_the_limit_is_refused_and_written_down() -> None:
    """SEC-4: standard headers."""
    house = House(rates="admin=2")
    answers = [house.get(ADA, "/api/thresholds") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"2"}
    refused = answers[-1]
    assert refused.body["code"] == "rate_limited"
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
    assert [entry.status for entry in house.trail()] == [429, 200, 200]
    assert len(house.done) == 2


def test_a_blocking_threshold_tells_when_to_come_again_and_the_rates(house: House) -> None:
    """429 carries Retry-After and RateLimit-*."""
    error = LimitExceededError("full", members={"resetsAt": "2026-11-21T00:00:00.000Z"})
    answer = house.client(KEY, raising(error)).post("/api/usage-logs", {})
    assert answer.headers["retry-after"] == str(14 * 3600 + 30 * 60)
    assert answer.headers["ratelimit-limit"] == "60000"


def test_an_operators_limit_is_one_over_all_workspaces() -> None:
    house = House(rates="operator=2")
    statuses = [
        house.get(OLGA, "/api/thresholds", workspaceId=name).status
        for name in ("acme", "globex", "acme")
    ]
    assert statuses == [200, 200, 429]


def test_users_are_counted_without_their_ids(house: House) -> None:
    house.get(ALICE, "/api/accounts/me")
    counted = [str(item["pk"]) for item in house.table.items() if item["sk"] == "RATE"]
    assert counted == [f"W#acme#RATE#user:{masked(ACCOUNT)}"]


def test_without_its_counters_a_caller_is_let_through(house: House) -> None:
    house.table.meet("write", Fault.TIMEOUT_BEFORE)
    assert house.get(ADA, "/api/thresholds").status == 200


def test_a_known_caller_costs_two_writes_at_most_and_no_read(house: House) -> None:
    house.get(KEY, "/api/usage-logs/log-1")
    reads, writes = house.table.units.reads, house.table.units.writes
    house.get(KEY, "/api/usage-logs/log-1")
    assert (house.table.units.reads - reads, house.table.units.writes - writes) == (0, 2)


def test_what_is_remembered_is_bounded(house: House) -> None:
    for number in range(USERS_REMEMBERED + 2):
        house.callers.introduce(Identity("acme", USER, f"user-{number}"))
    assert len(house.callers._known_users) == USERS_REMEMBERED
    workspaces = DynamoWorkspaces(house.table)
    for number in range(WORKSPACES_REMEMBERED + 2):
        workspaces.create(a_workspace(workspace_id=f"w{number}"))
        house.callers.account_of(f"w{number}", "alice")
    assert len(house.callers._known_workspaces) == WORKSPACES_REMEMBERED


def test_every_guarded_route_leaves_one_entry_with_its_key(house: House) -> None:
    """SEC-2: usage and transactions, and everything else."""
    anybody = {
        role: Identity("acme", role, "x", frozenset({"usage:read", "usage:write", "credits:write"}))
        for role in (SERVICE, USER, ADMIN, OPERATOR)
    }
    for route in (route for route in ROUTES if not route.public):
        caller: Any = anybody[min(route.roles)]
        path = route.path.replace("{workspaceId}", "acme").replace("{", "").replace("}", "")
        house.client(caller).send(route.method, path)
    assert {entry.action for entry in house.trail() + house.trail("")} == GUARDED
    assert len(house.trail() + house.trail("")) == len(GUARDED)


def test_an_instance_reads_a_workspace_anew_within_the_minute(house: House) -> None:
    """SEC-5: an erased user's id leads to another account soon."""
    house.get(ALICE, "/api/accounts/me")
    read = house.table.calls["get"]
    house.clock.advance(seconds=29)
    house.get(ALICE, "/api/accounts/me")
    assert house.table.calls["get"] == read
    house.clock.advance(seconds=1)
    house.get(ALICE, "/api/accounts/me")
    assert house.table.calls["get"] == read + 1
