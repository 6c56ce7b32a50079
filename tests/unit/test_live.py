"""Pages that are open: who is told of what, and who is not (UI-2, SEC-1)."""

from __future__ import annotations

import pytest

from functions.alerts.announce import Announce
from functions.alerts.schemas import batch_of
from shared.domain.live import HELLO_WITHIN_S, HOLDS_MS, MOST_OF_PERSON, MOST_OF_WORKSPACE, Listener
from shared.store.live import KEPT_S
from shared.store.schema import connection_key, listener_key, version_key
from shared.store.table import Item
from tests.alerting import Alerting
from tests.factories import LambdaContext, records_event
from tests.fakes.faults import Fault
from tests.fakes.queue import Queue
from tests.fakes.stream import stream_record
from tests.listening import Listening

REFUSED = "refused"


@pytest.fixture
def house() -> Listening:
    return Listening()


def changed(workspace_id: str, version: int) -> dict[str, dict[str, int]]:
    return {"changed": {workspace_id: version}}


def test_who_said_hello_is_welcomed_with_the_version_there_is(house: Listening) -> None:
    house.versions.bump("acme", house.clock.now_ms())

    assert house.hello("c1", "ann") == [
        {"type": "welcome", "version": 1, "seconds": HOLDS_MS // 1000}
    ]


def test_a_change_is_told_to_everybody_of_the_workspace_and_to_nobody_else(
    house: Listening,
) -> None:
    for connection, token in (("c1", "ann"), ("c2", "alice"), ("c3", "gil")):
        house.hello(connection, token)
    house.hello("c4", "olga", workspaceId="acme")
    house.hello("c5", "olga", workspaceId="globex")

    house.news(changed("acme", 7))

    for connection in ("c1", "c2", "c4"):
        assert house.heard(connection) == [{"type": "changed", "version": 7}]
    assert house.gateway.told == {}


def test_changes_that_come_together_are_one_message_with_the_newest_version(
    house: Listening,
) -> None:
    house.hello("c1", "ann")
    house.news(changed("acme", 8), changed("globex", 3), changed("acme", 9), changed("acme", 7))

    assert house.heard("c1") == [{"type": "changed", "version": 9}]


@pytest.mark.parametrize(
    ("token", "named", "code"),
    [
        ("nobody", None, "unauthorized"),
        ("backend", None, "forbidden"),
        ("ann", "globex", "not_found"),
        ("alice", "globex", "not_found"),
        ("olga", "nowhere", "not_found"),
        ("olga", None, "validation_failed"),
        ("olga", "a#b", "validation_failed"),
    ],
)
def test_who_may_not_listen_is_told_why_and_disconnected(
    house: Listening, token: str, named: str | None, code: str
) -> None:
    more = {} if named is None else {"workspaceId": named}

    assert house.hello("c1", token, **more) == [{"type": REFUSED, "code": code}]
    assert house.gateway.gone == {"c1"}
    assert house.listeners.get("c1") is None
    assert house.listeners.of("acme") == house.listeners.of("globex") == []


@pytest.mark.parametrize(
    "body", ["", "nonsense", "[]", '{"action":"hello"}', '{"action":"hello","token":""}', "null"]
)
def test_a_hello_that_is_none_is_refused(house: Listening, body: str) -> None:
    house.route("hello", "c1", body)

    assert house.heard("c1") == [{"type": REFUSED, "code": "validation_failed"}]
    assert house.gateway.gone == {"c1"}


def test_a_table_that_does_not_answer_is_told_as_such(house: Listening) -> None:
    house.table.meet("query", Fault.THROTTLED)

    assert house.hello("c1", "ann")[-1] == {"type": REFUSED, "code": "unavailable"}


def test_hellos_count_against_the_rate_of_who_says_them() -> None:
    house = Listening(user_rate=20)
    answers = [house.hello(f"c{number}", "alice")[-1] for number in range(30)]

    assert answers[0]["type"] == "welcome"
    assert answers[-1] == {"type": REFUSED, "code": "rate_limited"}


def test_a_connection_that_says_nothing_is_ended_after_its_time(house: Listening) -> None:
    house.route("$connect", "c1")
    house.route("$connect", "c2")
    house.hello("c2", "ann")
    (first, delay), (second, _) = house.queue.messages

    house.news(first, second)

    assert delay == HELLO_WITHIN_S
    assert house.gateway.gone == {"c1"}


def test_nothing_is_written_down_of_somebody_unknown(house: Listening) -> None:
    before = house.table.items()
    house.route("$connect", "c1")
    house.hello("c1", "nobody")

    assert house.table.items() == before


def test_who_cannot_be_looked_after_is_not_let_in(house: Listening) -> None:
    house.queue.down = True

    assert house.route("$connect", "c1") == {"statusCode": 503}


def test_who_leaves_is_told_no_more(house: Listening) -> None:
    house.hello("c1", "ann")
    house.route("$disconnect", "c1")
    house.route("$disconnect", "c-unknown")

    house.news(changed("acme", 2))

    assert house.heard("c1") == []
    assert house.table.get(connection_key("c1")) is None
    assert house.table.get(listener_key("acme", "c1")) is None


def test_who_is_gone_is_let_go_and_who_is_stuck_does_not_keep_others_from_hearing(
    house: Listening,
) -> None:
    for connection, token in (("c1", "ann"), ("c2", "alice"), ("c3", "alice")):
        house.hello(connection, token)
    house.gateway.gone.add("c1")
    house.gateway.stuck.add("c2")

    house.news(changed("acme", 2))

    assert house.heard("c3") == [{"type": "changed", "version": 2}]
    assert {each.connection_id for each in house.listeners.of("acme")} == {"c2", "c3"}


def test_a_hello_holds_for_a_time_and_is_said_again(house: Listening) -> None:
    house.hello("c1", "ann")
    house.hello("c2", "alice")
    house.clock.advance(ms=HOLDS_MS - 1)
    house.hello("c2", "alice")
    house.clock.advance(ms=1)

    house.news(changed("acme", 2))

    assert house.heard("c2") == [{"type": "changed", "version": 2}]
    assert house.heard("c1") == []
    assert house.gateway.gone == {"c1"}
    assert [each.connection_id for each in house.listeners.of("acme")] == ["c2"]


def test_what_is_left_behind_expires(house: Listening) -> None:
    house.hello("c1", "ann")
    item = house.table.get(connection_key("c1"))

    assert item is not None
    assert item["ttl"] == (house.clock.now_ms() + HOLDS_MS) // 1000 + KEPT_S


def test_an_operator_who_looks_elsewhere_hears_of_the_new_place_only(house: Listening) -> None:
    house.hello("c1", "olga", workspaceId="acme")
    house.hello("c1", "olga", workspaceId="globex")

    house.news(changed("acme", 5), changed("globex", 6))

    assert house.heard("c1") == [{"type": "changed", "version": 6}]
    assert house.listeners.of("acme") == []


def test_somebody_elses_token_on_a_connection_takes_it_over(house: Listening) -> None:
    house.hello("c1", "ann")
    house.hello("c1", "gil")

    house.news(changed("acme", 5))

    assert house.heard("c1") == []


def test_of_a_persons_connections_the_newest_are_served(house: Listening) -> None:
    for number in range(MOST_OF_PERSON + 2):
        house.hello(f"c{number}", "alice")
        house.clock.advance(ms=1)
    house.hello("other", "ann")

    assert house.gateway.gone == {"c0", "c1"}
    assert len(house.listeners.of("acme")) == MOST_OF_PERSON + 1
    assert house.hello("c2", "alice")[-1]["type"] == "welcome", "again, on one that is served"
    assert house.gateway.gone == {"c0", "c1"}


def test_a_workspace_has_so_many_connections_and_whoever_comes_later_looks_by_themselves(
    house: Listening,
) -> None:
    now_ms = house.clock.now_ms()
    for number in range(MOST_OF_WORKSPACE):
        house.listeners.put(
            Listener("acme", f"user:{number}", f"o{number}", now_ms, now_ms + HOLDS_MS)
        )

    assert house.hello("c1", "ann") == [{"type": REFUSED, "code": "too_many_connections"}]
    assert house.hello("c2", "gil")[-1]["type"] == "welcome", "in another workspace"


def test_no_users_id_is_written_down(house: Listening) -> None:
    house.hello("c1", "alice")

    assert "alice" not in str(house.table.items())


class TestTheStream:
    """The consumer of the table's stream that passes versions on."""

    def test_passes_the_newest_version_of_each_workspace_on(self) -> None:
        records = [
            stream_record({**version_key(name), "v": 1, "n": number, "at": 5}, number=place)
            for place, (name, number) in enumerate([("a", 4), ("b", 1), ("a", 6), ("a", 5)])
        ]
        batch = batch_of(records)
        queue = Queue()

        Announce(queue)(batch.versions)

        assert queue.messages == [({"changed": {"a": 6, "b": 1}}, 0)]
        assert (batch.changes, batch.poison) == ([], 0)

    def test_says_nothing_where_nothing_changed(self) -> None:
        queue = Queue()
        Announce(queue)({})
        assert queue.messages == []

    def test_takes_a_version_that_is_none_for_poison(self) -> None:
        batch = batch_of([stream_record({**version_key("a"), "v": 1, "n": "x"})])
        assert (batch.versions, batch.poison) == ({}, 1)

    def test_fires_alerts_though_nobody_can_be_told_of_changes(self) -> None:
        shop = Alerting()
        shop.queue.down = True
        version: Item = {**version_key("acme"), "v": 1, "n": 2, "at": 5}

        answer = shop.handler(records_event([stream_record(version)]), LambdaContext())

        assert answer == {"batchItemFailures": []}
