"""A slice of the demo through the real handlers, twice: the second time nothing is new."""

from __future__ import annotations

import io
import time
from typing import Any

import httpx

from functions.admin.schemas import WorkspaceInput, price_of
from functions.record_usage.handler import handler as record
from functions.transactions.handler import handler as transactions
from local.seed.api import Api
from local.seed.catalogue import price_bodies, pricing_terms
from local.seed.load import Posted, post_credits, post_usage
from local.seed.people import PEOPLE
from local.seed.plan import ZONE, ZONE_NAME, Span, plan_until
from local.seed.progress import Progress
from local.seed.workspace import SETTINGS, WORKSPACE
from shared.domain.calendar import local_day
from shared.domain.pricing import PricingMode
from shared.domain.workspace import Workspace
from shared.http import json
from shared.http.bodies import parse_body
from shared.store.dynamo import DynamoTable
from shared.store.workspaces import DynamoWorkspaces
from tests.client import Client
from tests.integration.backend import Backend

SLICE = 24
MODE: PricingMode = "tokens"


def in_process(backend: Backend) -> Api:
    """The API without a gateway: its requests go straight to the handlers."""

    def answer(request: httpx.Request) -> httpx.Response:
        handler = record if "usage-logs" in request.url.path else transactions
        headers = {"content-type": request.headers.get("content-type", "")}
        if "idempotency-key" in request.headers:
            headers["idempotency-key"] = request.headers["idempotency-key"]
        body = request.content or None
        got = Client(handler, backend.key).send(
            request.method, request.url.path, body, headers=headers
        )
        return httpx.Response(got.status, headers=dict(got.headers), content=_text(got.body))

    return Api("http://tally", backend.key, transport=httpx.MockTransport(answer))


def _text(value: Any) -> bytes:
    return json.compact(value).encode()


def quiet() -> Progress:
    return Progress("rows", 1, io.StringIO())


def test_the_slice_is_priced_paid_and_replayed(moto_table: DynamoTable) -> None:
    """REC-4, LED-4, PRI-5: what the plan says it costs is what the ledger deducts."""
    backend = Backend(moto_table, WORKSPACE, timezone=ZONE_NAME, pricing_mode=MODE)
    workspaces = DynamoWorkspaces(moto_table)
    for body in price_bodies():
        workspaces.put_price(WORKSPACE, price_of(_as_sent(body)))
    api = in_process(backend)
    now_ms = time.time_ns() // 1_000_000
    today = local_day(now_ms, ZONE)
    plan = plan_until(now_ms, Span.ending(today))
    rows = [row for row in plan.rows if row.person.user_id in ("alice", "bob")][-SLICE:]
    credits = [one for one in plan.credits if one.body["userId"] in ("alice", "bob")]

    post_credits(api, credits, quiet())
    assert post_usage(api, rows, quiet()) == Posted(created=SLICE)
    post_credits(api, credits, quiet())
    assert post_usage(api, rows, quiet()) == Posted(replayed=SLICE)

    bought = sum(int(str(one.body["amount"])) for one in credits)
    spent = sum(row.cost_and_credits(pricing_terms())[1] for row in rows)
    balances = [
        api.get(f"/api/admin/accounts/{user_id}")["account"]["balance"]
        for user_id in ("alice", "bob")
    ]
    assert sum(balances) == bought - spent


def test_the_settings_and_prices_are_what_the_api_takes() -> None:
    given = parse_body(WorkspaceInput, _as_sent({"workspaceId": WORKSPACE, **SETTINGS}))
    workspace = given.applied_to(Workspace(WORKSPACE, "", b"", 0))
    assert (workspace.timezone, workspace.user_privacy) == (ZONE_NAME, "visible")
    assert tuple(price_of(_as_sent(body)) for body in price_bodies()) == _sorted_like_bodies()
    assert len({person.user_id for person in PEOPLE}) == len(PEOPLE)


def _as_sent(body: object) -> dict[str, Any]:
    value = json.parse(json.dump(body))
    assert isinstance(value, dict)
    return value


def _sorted_like_bodies() -> tuple[Any, ...]:
    """The plan's own prices, in the order of the bodies."""
    order = [(b["service"], b["model"]) for b in price_bodies()]
    prices = pricing_terms().prices
    return tuple(sorted(prices, key=lambda p: (order.index((p.service, p.model)), p.effective_ms)))
