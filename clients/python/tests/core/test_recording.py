"""A request is recorded once, with exact money, however often it has to be sent."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from tests.conftest import Pauses
from tests.service import Reply, Service, account, problem, refusal, transaction

from tally import (
    CustomerNotRegisteredError,
    IdempotencyConflictError,
    InsufficientCreditsError,
    InvalidUsageError,
    LimitExceededError,
    Tally,
    Tokens,
)


def test_every_member_arrives_in_the_words_of_the_contract(service: Service, client: Tally) -> None:
    recorded = client.record_usage(
        user_id="alice",
        service="chat",
        id="log-1",
        provider="openai",
        model="gpt-5.4-mini",
        tokens=Tokens(input=10, output=5, cached_input=4, cache_write=1, reasoning=2),
        credits=3,
        cost=Decimal("12.3000075"),
        status="error",
        error_code="timeout",
        response_time_ms=839.6,
        response_bytes=5120,
        country="KR",
        platform="web",
        request_id="r-1",
        occurred_at=datetime(2026, 11, 20, 18, 30, tzinfo=timezone(timedelta(hours=9))),
        metadata={"conversation": "c-17"},
    )
    assert '"cost":12.3000075,' in service.seen[0].text
    assert service.seen[0].body == {
        "userId": "alice",
        "service": "chat",
        "id": "log-1",
        "provider": "openai",
        "model": "gpt-5.4-mini",
        "tokens": {"input": 10, "output": 5, "cachedInput": 4, "cacheWrite": 1, "reasoning": 2},
        "credits": 3,
        "cost": 12.3000075,
        "status": "error",
        "errorCode": "timeout",
        "responseTimeMs": 840,
        "responseBytes": 5120,
        "country": "KR",
        "platform": "web",
        "requestId": "r-1",
        "occurredAt": "2026-11-20T09:30:00.000Z",
        "metadata": {"conversation": "c-17"},
    }
    assert recorded.usage_log.cost == Decimal("12.3000075")
    assert recorded.account.balance == 995
    assert not recorded.replayed


@pytest.mark.parametrize(
    ("cost", "written"),
    [
        (0.005, "0.005"),
        (0.1 + 0.2, "0.3"),
        (Decimal("1e-12"), "0.000000000001"),
        ("12.3000075", "12.3000075"),
        (1e21, "1000000000000000000000"),
        (7, "7"),
    ],
)
def test_money_is_written_as_the_decimal_it_is(
    service: Service, client: Tally, cost: Any, written: str
) -> None:
    client.record_usage(user_id="alice", service="chat", cost=cost)
    assert f'"cost":{written}' in service.seen[0].text.replace("}", ",")


@pytest.mark.parametrize(
    "usage",
    [
        {"user_id": "alice"},
        {"user_id": "alice", "service": "chat", "tokns": 5},
        {"user_id": "alice", "service": "chat", "credits": True},
        {"user_id": "alice", "service": "chat", "credits": 1.5},
        {"user_id": 7, "service": "chat"},
        {"user_id": "alice", "service": "chat", "cost": float("nan")},
        {"user_id": "alice", "service": "chat", "cost": "much"},
        {"user_id": "alice", "service": "chat", "tokens": {}},
        {"user_id": "alice", "service": "chat", "tokens": {"input": 1, "output": 1, "total": 3}},
        {"user_id": "alice", "service": "chat", "occurred_at": datetime(2026, 11, 20)},  # noqa: DTZ001 - naive on purpose
        {"user_id": "alice", "service": "chat", "metadata": {"at": object()}},
        {"user_id": "alice", "service": "chat", "metadata": {"text": "x" * 20_000}},
        {"user_id": "alice", "service": "chat", "metadata": {"text": "\ud800"}},
    ],
)
def test_what_cannot_be_right_is_not_sent(
    service: Service, client: Tally, usage: dict[str, Any]
) -> None:
    with pytest.raises(InvalidUsageError):
        client.record_usage(**usage)
    assert service.seen == []


def test_the_same_id_goes_with_every_try(service: Service, client: Tally, pauses: Pauses) -> None:
    """The first try is carried out, its answer is lost; the second is the replay."""

    def lost(seen: Any) -> Reply:
        service.record_one(seen)
        return Reply(cut=True)

    service.script.extend([lost, refusal(503, "conflict_retry"), refusal(500, "internal_error")])
    recorded = client.record_usage(user_id="alice", service="chat")
    assert recorded.replayed
    assert len(service.seen) == 4
    assert {seen.body["id"] for seen in service.seen} == set(service.logs)
    assert len(service.logs) == 1
    assert pauses.waited == [0.5, 1.0, 2.0]


def test_posts_without_an_id_of_their_own_carry_one_key_on_every_try(
    service: Service, client: Tally
) -> None:
    posted = {"transaction": transaction(), "account": account()}
    service.on("POST", "/api/admin/transactions", posted, status=201)
    service.script.append(Reply(cut=True))
    client.post_transaction("alice", 100, "purchase", paid=(Decimal("9.90"), "USD"))
    first, second = service.seen
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert '"amount":9.90,' in second.text


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (402, "insufficient_credits", InsufficientCreditsError),
        (409, "idempotency_conflict", IdempotencyConflictError),
        (422, "customer_not_registered", CustomerNotRegisteredError),
        (429, "limit_exceeded", LimitExceededError),
    ],
)
def test_final_refusals_are_raised_at_once(
    service: Service, client: Tally, status: int, code: str, kind: type[Exception]
) -> None:
    service.script.append(
        Reply(
            status,
            problem(
                status,
                code,
                balance=2,
                required=5,
                resetsAt="2026-12-01T00:00:00.000Z",
                errors=[{"pointer": "/credits", "message": "is different"}],
            ),
            {"retry-after": "3"},
        )
    )
    with pytest.raises(kind) as caught:
        client.record_usage(user_id="alice", service="chat")
    assert len(service.seen) == 1
    error = caught.value
    assert error.code == code  # type: ignore[attr-defined]
    assert error.request_id == "req-1"  # type: ignore[attr-defined]
    assert error.errors[0].pointer == "/credits"  # type: ignore[attr-defined]
    if isinstance(error, InsufficientCreditsError):
        assert (error.balance, error.required) == (2, 5)
    if isinstance(error, LimitExceededError):
        assert error.resets_at == datetime(2026, 12, 1, tzinfo=timezone.utc)


def test_a_batch_tells_each_row_its_own(service: Service, client: Tally) -> None:
    service.refused["bob"] = (402, "insufficient_credits")
    rows: list[dict[str, Any]] = [
        {"user_id": "alice", "service": "chat", "id": "a"},
        {"user_id": "bob", "service": "chat", "id": "b"},
        {"user_id": "alice", "service": "chat", "id": "a", "credits": 9},
    ]
    result = client.record_batch(rows)
    assert [row.status for row in result.results] == ["created", "rejected", "conflict"]
    assert isinstance(result.results[1].problem, InsufficientCreditsError)
    assert isinstance(result.results[2].problem, IdempotencyConflictError)
    assert result.results[0].problem is None
    assert result.summary.rejected == 1


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_1_to_500_rows(client: Tally, count: int) -> None:
    with pytest.raises(InvalidUsageError):
        client.record_batch([{"user_id": "alice", "service": "chat"}] * count)


def test_a_message_is_a_flat_price_in_its_workspace(service: Service, client: Tally) -> None:
    client.track_message("acme", "alice", price=0.005)
    (seen,) = service.seen
    assert seen.query == {"workspaceId": "acme"}
    assert '"cost":0.005' in seen.text


def test_a_deduction_is_recorded_with_its_use(service: Service, client: Tally) -> None:
    client.deduct_credits("alice", "mcp", credits=7, metadata={"tool": "search"})
    with pytest.raises(InvalidUsageError):
        client.deduct_credits("alice", "mcp")
    (seen,) = service.seen
    assert seen.body["credits"] == 7
    assert seen.body["metadata"] == {"tool": "search"}
