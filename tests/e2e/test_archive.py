"""OPS-3, LED-7 on the deployed stack: a past day is archived, expires, and everything still answers."""

from __future__ import annotations

import csv
import io
import time
from decimal import Decimal

from local.state import State
from shared.store.schema import log_key
from shared.store.table import Delete
from tests.e2e.archived import OldDay
from tests.e2e.platform import Platform, eventually
from tests.e2e.test_reconcile import Operator


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_day_of_long_ago_is_archived_expires_and_is_still_exported(
    platform: Platform, state: State
) -> None:
    shop = platform.shop(retentionDays=1, enforceCredits=False, userPrivacy="visible")
    old = OldDay(shop, state)
    table, day, usage, users = old.table, old.day, old.usage, old.users
    old.archive()

    operator = Operator(state)
    code, told = operator("archive", "verify", "--workspace", shop.workspace_id)
    assert (code, told.splitlines()[1:]) == (0, []), told
    sql = "SELECT count(*) AS n, sum(current_cost) AS cost, sum(current_credits) AS credits "
    query = (sql + f"FROM usage_logs WHERE workspace = '{shop.workspace_id}' AND day = '{day}'",)
    (found,) = rows_of(operator("archive", "query", "--workspace", shop.workspace_id, *query)[1])
    told_now = old.statistics()
    assert (int(found["n"]), int(found["credits"])) == (7, told_now["credits"])
    assert Decimal(found["cost"]) == Decimal(str(told_now["cost"]))

    assert all(at_s < time.time() for at_s in old.expiries().values())
    for row in usage:
        # The local cloud does not take a table's expiry over from the template: this is what it does.
        table.write(Delete(log_key(shop.workspace_id, row.log_id)))
    rows, totals = old.exported()
    assert {row["id"]: row["userId"] for row in rows} == {row.log_id: row.user_id for row in usage}
    assert totals["requests"] == 7
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
