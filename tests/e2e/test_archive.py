"""OPS-3, LED-7 on the deployed stack: a past day is archived, expires, and everything still answers."""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from decimal import Decimal
from typing import Any

from local.state import State
from operations.stack import Stack
from shared.domain.archive import CHECKPOINTS, JOURNAL, USAGE_LOGS, Archive, Kind, Unit
from shared.domain.calendar import MS_PER_DAY, local_day, month_of
from shared.store.archives import DynamoArchives
from shared.store.ledger import DynamoLedger
from shared.store.schema import TTL_ATTRIBUTE, log_key, workspace_key
from shared.store.table import Delete, Update, number
from shared.store.workspaces import DynamoWorkspaces
from tests.e2e.platform import Platform, eventually
from tests.e2e.test_echo import csv_rows, download
from tests.e2e.test_reconcile import Operator
from tests.factories import a_usage
from tests.fakes.clock import FakeClock

AGE_DAYS = 45
"""So long ago that the month is over, too, and logs kept for a day and a month have to go."""

FUNCTION = ("AWS::Lambda::Function", "Archive")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_day_of_long_ago_is_archived_expires_and_is_still_exported(
    platform: Platform, state: State
) -> None:
    shop = platform.shop(retentionDays=1, enforceCredits=False, userPrivacy="visible")
    stack = Stack.of(argparse.Namespace(stack=None, state=state.folder))
    table, then_ms = stack.table(), time.time_ns() // 1_000_000 - AGE_DAYS * MS_PER_DAY
    table.write(Update(workspace_key(shop.workspace_id), assign={"ca": then_ms}))
    zone = DynamoWorkspaces(table).get(shop.workspace_id).zone
    ledger = DynamoLedger(table, FakeClock(then_ms, shop.workspace_id))
    users = [f"{name}-{shop.workspace_id}" for name in ("alice", "bob")]
    usage = [a_usage(f"old-{n}", user_id=users[n % 2], cost_picos=10**9 * n) for n in range(1, 8)]
    assert {o.status for o in ledger.record(shop.workspace_id, usage).outcomes} == {"created"}
    day = local_day(then_ms, zone)
    shop.await_requests(7, startDate=day, endDate=day)
    archives = DynamoArchives(table, map)

    def unit(kind: Kind, period: str) -> Archive | None:
        return archives.get(Unit(shop.workspace_id, kind, period))

    def plan() -> tuple[Archive | None, ...]:
        name = next(r.id for r in stack.resources() if (r.type, r.name) == FUNCTION)
        stack.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"plan": True}))
        return unit(USAGE_LOGS, day), unit(CHECKPOINTS, day), unit(JOURNAL, month_of(day))

    eventually(plan, lambda found: all(u and u.status == "done" for u in found), "the archive")

    operator = Operator(state)
    code, told = operator("archive", "verify", "--workspace", shop.workspace_id)
    assert (code, told.splitlines()[1:]) == (0, []), told
    sql = "SELECT count(*) AS n, sum(current_cost) AS cost, sum(current_credits) AS credits "
    query = (sql + f"FROM usage_logs WHERE workspace = '{shop.workspace_id}' AND day = '{day}'",)
    (found,) = rows_of(operator("archive", "query", "--workspace", shop.workspace_id, *query)[1])
    stats = shop.backend.get("/api/usage-logs/stats", startDate=day, endDate=day)
    told_now: dict[str, Any] = stats.body["statistics"]
    assert (int(found["n"]), int(found["credits"])) == (7, told_now["credits"])
    assert Decimal(found["cost"]) == Decimal(str(told_now["cost"]))

    for row in usage:
        # The local cloud does not take a table's expiry over from the template: this is what it does.
        item = table.get(log_key(shop.workspace_id, row.log_id))
        assert item is not None
        assert number(item, TTL_ATTRIBUTE) < time.time()
        table.write(Delete(log_key(shop.workspace_id, row.log_id)))
    content, manifest = download(shop.backend, "/api/usage-logs/export", startDate=day, endDate=day)
    exported = {row["id"]: row["userId"] for row in csv_rows(content)}
    assert exported == {row.log_id: row.user_id for row in usage}
    assert manifest["totals"]["requests"] == 7
    assert shop.requests_counted(startDate=day, endDate=day) == 7
    listed = shop.backend.get(f"/api/usage-logs/user/{users[0]}").body
    assert (listed["total"], listed["archivedBefore"] > day) == (0, True)
    assert shop.backend.get("/api/usage-logs/old-1").status == 404
    assert platform.operator.get("/api/admin/system").body["lastArchived"] is not None

    assert shop.admin.send("DELETE", f"/api/admin/users/{users[0]}").status == 202
    eventually(
        lambda: shop.admin.send("DELETE", f"/api/admin/users/{users[0]}").body["erasure"]["status"],
        lambda status: status == "done",
        "the erasure",
    )
    assert operator("archive", "verify", "--workspace", shop.workspace_id)[0] == 0
