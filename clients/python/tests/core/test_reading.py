"""Lists page after page, results typed and exact, the same with asyncio."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from tests.conftest import Pauses
from tests.service import NOW, Reply, Seen, Service, account, refusal, transaction

from tally import AsyncTally, InvalidUsageError, NotFoundError, Tally, UnexpectedAnswerError
from tally.types import PerMillion, Pricing


def pages(seen: Seen) -> Reply:
    """Five transactions, two a page."""
    first = int(seen.query.get("cursor", "0"))
    body: dict[str, Any] = {
        "transactions": [transaction(seq=n) for n in range(first, min(first + 2, 5))],
        "total": 5,
        "page": 1,
        "limit": 2,
        "balance": 995,
    }
    return Reply(200, body | ({"nextCursor": str(first + 2)} if first + 2 < 5 else {}))


def test_a_page_says_where_the_next_one_is(service: Service, client: Tally) -> None:
    service.routes["GET", "/api/transactions"] = pages
    page = client.transactions(limit=2)
    assert (len(page), page.total, page.balance, page.next_cursor) == (2, 5, 995, "2")
    assert [each.seq for each in page] == [0, 1]


def test_an_iterator_reads_all_pages(service: Service, client: Tally) -> None:
    service.routes["GET", "/api/admin/transactions/alice"] = pages
    found = [each.seq for each in client.each_transaction("alice", reason="usage")]
    assert found == [0, 1, 2, 3, 4]
    assert [seen.query.get("cursor") for seen in service.seen] == [None, "2", "4"]
    assert all(seen.query["limit"] == "100" for seen in service.seen)
    assert all(seen.query["reason"] == "usage" for seen in service.seen)


def test_results_are_exact_frozen_and_aware(service: Service, client: Tally) -> None:
    figures = b'{"credits": 1, "cost": 0.100000000000001, "tokens": 0, "requests": 1, "new": []}'
    service.on(
        "GET",
        "/api/accounts/me",
        b'{"account": {"accountId": "a", "userId": "alice", "balance": 5, "currency": "USD",'
        b'"timezone": "UTC",'
        b'"seq": 1, "updatedAt": "2026-11-20T09:30:00.123Z", "month": %s, "day": %s}}'
        % (figures, figures),
    )
    found = client.account()
    assert found.month.cost == Decimal("0.100000000000001")
    assert found.updated_at == datetime(2026, 11, 20, 9, 30, 0, 123000, timezone.utc)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.balance = 7  # type: ignore[misc]
    assert client.balance() == 5


def test_an_account_of_a_service_that_does_not_say_the_time_zone_is_read(
    service: Service, client: Tally
) -> None:
    told = {name: value for name, value in account().items() if name != "timezone"}
    service.on("GET", "/api/accounts/me", {"account": told})
    assert client.account().timezone is None


def test_times_and_days_are_told_apart(service: Service, client: Tally) -> None:
    service.routes["GET", "/api/transactions"] = pages
    client.transactions(
        start_date=date(2026, 11, 1), end_date=datetime(2026, 11, 20, tzinfo=timezone.utc)
    )
    assert service.seen[0].query["startDate"] == "2026-11-01"
    assert service.seen[0].query["endDate"] == "2026-11-20T00:00:00.000Z"
    with pytest.raises(InvalidUsageError):
        client.transactions(start_date=datetime(2026, 11, 1))  # noqa: DTZ001 - naive on purpose


def test_a_list_that_is_none_is_told(service: Service, client: Tally) -> None:
    service.on("GET", "/api/transactions", {"total": 0})
    with pytest.raises(UnexpectedAnswerError):
        client.transactions()


def test_asyncio_has_the_same_client(service: Service) -> None:
    service.routes["GET", "/api/transactions"] = pages

    async def live() -> None:
        async with AsyncTally("key", service.url) as client:
            service.script.append(Reply(429, {"code": "rate_limited"}, {"retry-after": "0"}))
            recorded = await client.record_usage(user_id="alice", service="chat", id="log-1")
            assert recorded.usage_log.id == "log-1"
            again = await client.record_usage(user_id="alice", service="chat", id="log-1")
            assert again.replayed
            found = [each.seq async for each in client.each_transaction()]
            assert found == [0, 1, 2, 3, 4]
            batch = await client.record_batch([{"user_id": "alice", "service": "chat"}])
            assert batch.summary.created == 1

    asyncio.run(live())


def test_a_cancelled_call_leaves_the_client_working(service: Service) -> None:
    async def live() -> None:
        arrived = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(seen: Seen) -> Reply:
            loop.call_soon_threadsafe(arrived.set)
            return service.record_one(seen)

        service.script.append(hold)
        async with AsyncTally("key", service.url) as client:
            usage = {"user_id": "alice", "service": "chat", "id": "log-1"}
            task = asyncio.create_task(_record(client, usage))
            await arrived.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            again = await client.record_usage(user_id="alice", service="chat", id="log-1")
            assert again.replayed
        assert len(service.logs) == 1

    asyncio.run(live())


async def _record(client: AsyncTally, usage: dict[str, Any]) -> None:
    await client.record_usage(**usage)


def test_writing_administration_sends_the_contracts_words(
    service: Service, client: Tally, pauses: Pauses
) -> None:
    service.on("PUT", "/api/admin/customers/alice", {"customer": _customer()})
    service.on("DELETE", "/api/admin/api-keys/k1", None, status=204)
    service.script.append(refusal(503, "conflict_retry"))
    assert client.admin.put_customer("alice", "Alice").active
    client.admin.revoke_api_key("k1")
    assert service.seen[1].body == {"name": "Alice", "active": True}
    assert len(pauses.waited) == 1


def test_prices_and_workspaces_are_sent_as_typed(service: Service, client: Tally) -> None:
    price = {"service": "chat", "effectiveFrom": NOW, "perMillion": {"input": 0.25, "output": 2}}
    service.on("PUT", "/api/admin/prices", {"price": price})
    made = client.admin.put_price(
        "chat",
        effective_from=datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc),
        per_million=PerMillion(input=Decimal("0.25"), output=Decimal(2)),
    )
    assert made.per_million == PerMillion(input=Decimal("0.25"), output=Decimal(2))
    assert service.seen[0].body == price
    with pytest.raises(NotFoundError):
        client.admin.create_workspace(
            "acme",
            pricing=Pricing(mode="flat", per_request=Decimal("0.005")),
            alert_emails=["ops@acme.example"],
        )
    assert service.seen[1].body == {
        "workspaceId": "acme",
        "pricing": {"mode": "flat", "perRequest": 0.005},
        "alertEmails": ["ops@acme.example"],
    }


def _customer() -> dict[str, Any]:
    return {"userId": "alice", "name": "Alice", "active": True}
