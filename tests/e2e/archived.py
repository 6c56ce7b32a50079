"""A day of long ago in a workspace of the deployed stack, and its way into the archive."""

from __future__ import annotations

import argparse
import time
from itertools import count
from typing import Any, Final

from local.state import State
from operations.stack import Stack
from shared.adapters.s3 import S3Files, s3_client
from shared.domain.archive import CHECKPOINTS, JOURNAL, USAGE_LOGS, Archive, Kind, Unit
from shared.domain.calendar import MS_PER_DAY, local_day, month_of
from shared.store.archives import DynamoArchives
from shared.store.ledger import DynamoLedger
from shared.store.schema import TTL_ATTRIBUTE, log_key, workspace_key
from shared.store.table import Table, Update
from shared.store.workspaces import DynamoWorkspaces
from tests.e2e.platform import Shop, eventually
from tests.e2e.test_echo import csv_rows, download
from tests.factories import a_usage
from tests.fakes.clock import FakeClock

AGE_DAYS: Final = 45
"""So long ago that the month is over, too, and logs kept for a day and a month have to go."""

LOOKS_A_PLAN: Final = 20
"""Looks after which it is planned once more: each plan sends what is not begun yet again."""

SECONDS: Final = 300
"""Every day since then is archived, too."""


def last_month() -> int:
    """Days ago that were in a month which is over, whatever the time zone."""
    return time.gmtime().tm_mday + 1


class OldDay:
    """Seven logs of two users, committed on one day; the cells have them."""

    def __init__(self, shop: Shop, state: State, days_ago: int = AGE_DAYS) -> None:
        self._shop = shop
        self._state = state
        then_ms = time.time_ns() // 1_000_000 - days_ago * MS_PER_DAY
        table = self.table
        table.write(Update(workspace_key(shop.workspace_id), assign={"ca": then_ms}))
        ledger = DynamoLedger(table, FakeClock(then_ms, shop.workspace_id))
        self.users = [f"{name}-{shop.workspace_id}" for name in ("alice", "bob")]
        self.usage = [
            a_usage(f"old-{n}", user_id=self.users[n % 2], cost_picos=10**9 * n)
            for n in range(1, 8)
        ]
        outcomes = ledger.record(shop.workspace_id, self.usage).outcomes
        assert {outcome.status for outcome in outcomes} == {"created"}
        self.day = local_day(then_ms, DynamoWorkspaces(table).get(shop.workspace_id).zone)
        shop.await_requests(len(self.usage), startDate=self.day, endDate=self.day)

    @property
    def stack(self) -> Stack:
        """The stack as it is now."""
        return Stack.of(argparse.Namespace(stack=None, state=self._state.folder))

    @property
    def table(self) -> Table:
        """The table that is used now."""
        return self.stack.table()

    def unit(self, kind: Kind, period: str) -> Archive | None:
        """A unit as it is now; None while nobody took it on."""
        unit = Unit(self._shop.workspace_id, kind, period)
        return DynamoArchives(self.table, map).get(unit)

    def archive(self, *, plan: bool = True) -> None:
        """Have the day, its month and its checkpoint archived, and wait until they are done."""
        looks = count()

        def units() -> tuple[Archive | None, ...]:
            if plan and next(looks) % LOOKS_A_PLAN == 0:
                self.stack.invoke("Archive", {"plan": True})
            month = month_of(self.day)
            return (
                self.unit(USAGE_LOGS, self.day),
                self.unit(CHECKPOINTS, self.day),
                self.unit(JOURNAL, month),
            )

        eventually(
            units,
            lambda found: all(unit and unit.status == "done" for unit in found),
            "the archive",
            SECONDS,
        )

    def files(self) -> dict[str, bytes]:
        """The Parquet files of the workspace."""
        files = S3Files(s3_client, self.stack.outputs["ArchiveBucketName"])
        folders = [f"{k}/workspace={self._shop.workspace_id}/" for k in (USAGE_LOGS, JOURNAL)]
        keys = [key for folder in folders for key in files.keys(folder)]
        return {key: files.read(key) or b"" for key in keys if key.endswith(".parquet")}

    def expiries(self) -> dict[str, Any]:
        """When the table drops each log; None: never."""
        table, found = self.table, {}
        for row in self.usage:
            item = table.get(log_key(self._shop.workspace_id, row.log_id))
            assert item is not None
            found[row.log_id] = item.get(TTL_ATTRIBUTE)
        return found

    def statistics(self) -> Any:
        """What the API says of the day."""
        answer = self._shop.backend.get(
            "/api/usage-logs/stats", startDate=self.day, endDate=self.day
        )
        assert answer.status == 200, answer
        return answer.body["statistics"]

    def exported(self) -> tuple[list[dict[str, str]], Any]:
        """Rows and totals of an export of the day."""
        content, manifest = download(
            self._shop.backend, "/api/usage-logs/export", startDate=self.day, endDate=self.day
        )
        return csv_rows(content), manifest["totals"]
