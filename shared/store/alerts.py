"""Alerts in the table. An alert is its own outbox: while it waits it stands in a sparse index."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from shared.domain.alerts import ALERT_ID, TEST_PREFIX, Alert, AlertFilter, Delivery, Line
from shared.domain.calendar import utc_text
from shared.domain.errors import ConflictRetryError, NotFoundError
from shared.domain.ids import RandomBytes
from shared.domain.thresholds import KINDS, Kind
from shared.store.idempotency import Once, commit_once
from shared.store.schema import (
    HISTORY,
    OPS,
    PENDING_ALERTS,
    SCHEMA_VERSION,
    TEST_ALERT_PREFIX,
    alert_key,
    alerts_history,
    history_sk,
)
from shared.store.table import (
    NEW_ITEM,
    Absent,
    AllOf,
    Condition,
    ConditionFailedError,
    Equal,
    Item,
    Present,
    Put,
    Query,
    Table,
    TransactionCanceledError,
    Update,
    known,
    number,
    optional_number,
    optional_text,
    readable,
    rows,
    text,
)
from shared.store.thresholds import MEASURES, SCOPES
from shared.store.versions import bumped

MAX_COUNTED: Final = 10_000
"""A list's total counts at most so many of the newest alerts; a cursor goes on beyond them."""

PAGE: Final = 1_000
"""Rows of one query: about a megabyte, which is all that one takes."""

ATTEMPTS: Final = 8
"""Acknowledging meets only the delivery of the same alert, which is over at once."""

KIND_OF: Final[dict[str, Kind]] = {kind: kind for kind in KINDS}
DELIVERIES: Final[dict[str, Delivery]] = {
    "pending": "pending",
    "sent": "sent",
    "failed": "failed",
}


assert TEST_ALERT_PREFIX == TEST_PREFIX, "the stream's filter finds test alerts by their ids"


def alert_item(alert: Alert) -> Item:
    """An alert, in its workspace's history, and in the outbox while it waits."""
    line, at = alert.line, utc_text(alert.created_ms)
    item: Item = {
        **alert_key(line.workspace_id, alert.alert_id),
        "hk": alerts_history(line.workspace_id),
        "hs": history_sk(at, alert.alert_id),
        "v": SCHEMA_VERSION,
        "th": line.threshold_id,
        "rv": line.revision,
        "sc": line.scope,
        "mt": line.metric,
        "kd": line.kind,
        "pe": line.period,
        "li": line.limit,
        "va": line.value,
        "ca": alert.created_ms,
        "st": alert.delivery,
    }
    optional = {
        "ac": line.account_id,
        "pc": line.percent,
        "mk": line.mark or None,
        "tt": line.test or None,
        "sa": alert.sent_ms,
        "ka": alert.acknowledged_ms,
        "at": alert.attempts or None,
    }
    item |= {name: value for name, value in optional.items() if value is not None}
    if alert.delivery == "pending":
        item |= {"ok": PENDING_ALERTS, "os": f"{line.workspace_id}#{at}#{alert.alert_id}"}
    return item


def alert_from(item: Item) -> Alert:
    """The alert of an item.

    Raises:
        ValueError: an attribute is missing, of another type, or a word that is not known here.
    """
    readable(item)
    line = Line(
        workspace_id=text(item, "pk").split("#")[1],
        threshold_id=text(item, "th"),
        revision=number(item, "rv"),
        scope=known(SCOPES, text(item, "sc")),
        account_id=optional_text(item, "ac"),
        metric=known(MEASURES, text(item, "mt")),
        kind=known(KIND_OF, text(item, "kd")),
        period=text(item, "pe"),
        percent=optional_number(item, "pc"),
        limit=number(item, "li"),
        value=number(item, "va"),
        mark=optional_text(item, "mk") or "",
        test=item.get("tt") is True,
    )
    if line.alert_id != text(item, "sk"):
        raise ValueError("the alert's id is not that of its line")
    return Alert(
        line=line,
        created_ms=number(item, "ca"),
        delivery=known(DELIVERIES, text(item, "st")),
        sent_ms=optional_number(item, "sa"),
        acknowledged_ms=optional_number(item, "ka"),
        attempts=number(item, "at", 0),
    )


def _readable(item: Item) -> Alert | None:
    try:
        return alert_from(item)
    except ValueError:
        return None


def _condition(where: AlertFilter) -> Condition | None:
    conditions: list[Condition] = []
    if where.account_id is not None:
        conditions.append(Equal("ac", where.account_id))
    if where.status == "acknowledged":
        conditions.append(Present("ka"))
    elif where.status is not None:
        conditions += [Equal("st", where.status), Absent("ka")]
    return AllOf(tuple(conditions)) if conditions else None


class DynamoAlerts:
    """Alerts in the table."""

    def __init__(self, table: Table, random_bytes: RandomBytes = os.urandom) -> None:
        self._table = table
        self._random_bytes = random_bytes

    def on_record(self, workspace_id: str, alert_ids: Iterable[str]) -> dict[str, Alert | None]:
        """Those of some alerts that are on record, by id; None for one that can't be decoded."""
        found = self._table.get_many([alert_key(workspace_id, each) for each in alert_ids])
        return {sk: _readable(item) for (_, sk), item in found.items()}

    def record(self, alert: Alert) -> Alert | None:
        """Write a new alert down.

        Answers it, or the one that is on record for the same line (None: it can't be decoded).
        """
        try:
            self._table.write(Put(alert_item(alert), NEW_ITEM))
        except ConditionFailedError as error:
            item = error.item or self._table.get(alert_key(alert.line.workspace_id, alert.alert_id))
            assert item is not None, "alerts are never removed"
            return _readable(item)
        self._table.write(bumped(alert.line.workspace_id, alert.created_ms))
        return alert

    def record_test(self, alert: Alert, key: str | None) -> tuple[Alert, bool]:
        """Write a test alert down; `key` makes it once.

        Answers it, or the one that was made under the same key, and whether there was such a one.

        Raises:
            ConflictRetryError: the same request is under way elsewhere.
        """
        assert alert.line.test
        workspace_id, put = alert.line.workspace_id, Put(alert_item(alert), NEW_ITEM)
        if key is None:
            self._table.write(put)
            return alert, False
        once = Once(workspace_id, f"thresholds/{alert.line.threshold_id}/test", key, {})
        earlier = commit_once(self._table, once, alert.alert_id, [put], self._random_bytes)
        if earlier is None:
            return alert, False
        made = self.on_record(workspace_id, [earlier]).get(earlier)
        if made is None:
            raise NotFoundError("The alert made under this key can't be read here.")
        return made, True

    def mark_sent(self, alert: Alert, at_ms: int) -> None:
        """Take a delivered alert out of the outbox. Repeating it changes nothing."""
        self._close(alert, {"st": "sent", "sa": at_ms}, at_ms)

    def mark_failed(self, alert: Alert) -> None:
        """Take an alert that can't be delivered out of the outbox. Repeating it changes nothing."""
        self._close(alert, {"st": "failed"}, alert.created_ms)

    def _close(self, alert: Alert, assign: dict[str, str | int], at_ms: int) -> None:
        update = Update(
            alert_key(alert.line.workspace_id, alert.alert_id),
            assign=assign,
            remove=(OPS.partition_key, OPS.sort_key),
            condition=Equal("st", "pending"),
        )
        try:
            self._table.write(update)
        except ConditionFailedError:
            return
        self._table.write(bumped(alert.line.workspace_id, at_ms))

    def claim(self, alert: Alert) -> bool:
        """Count one more attempt to deliver a pending alert; False when somebody else did first."""
        count = Equal("at", alert.attempts) if alert.attempts else Absent("at")
        update = Update(
            alert_key(alert.line.workspace_id, alert.alert_id),
            add={"at": 1},
            condition=AllOf((Equal("st", "pending"), count)),
        )
        try:
            self._table.write(update)
        except ConditionFailedError:
            return False
        return True

    def pending(self, limit: int) -> Iterator[Alert | None]:
        """Alerts that wait, of all workspaces, at most `limit`; None for one that can't be decoded.

        The index is a moment behind, so `claim` before acting on one.
        """
        waiting = rows(self._table, Query(PENDING_ALERTS, OPS, limit=PAGE))
        return map(_readable, islice(waiting, limit))

    def newest(
        self,
        workspace_id: str,
        where: AlertFilter,
        *,
        descending: bool = True,
        after: str | None = None,
    ) -> Iterator[tuple[str, Alert]]:
        """`(key to go on from, alert)` by time of creation, newest first unless told otherwise.

        An alert of a later release that can't be decoded here is left out.
        """
        partition = alerts_history(workspace_id)
        start = None
        if after is not None:
            key = alert_key(workspace_id, after.rpartition("#")[2])
            start = {**key, HISTORY.partition_key: partition, HISTORY.sort_key: after}
        query = Query(
            partition,
            HISTORY,
            descending=descending,
            limit=PAGE,
            after=start,
            where=_condition(where),
        )
        for item in rows(self._table, query):
            alert = _readable(item)
            if alert is not None:
                yield text(item, HISTORY.sort_key), alert

    def count(self, workspace_id: str, where: AlertFilter) -> int:
        """How many there are among the newest `MAX_COUNTED` of the workspace."""
        total, after = 0, None
        for _ in range(MAX_COUNTED // PAGE):
            page = self._table.query(
                Query(
                    alerts_history(workspace_id),
                    HISTORY,
                    descending=True,
                    limit=PAGE,
                    after=after,
                    where=_condition(where),
                )
            )
            total += len(page.items)
            after = page.next_key
            if after is None:
                break
        return total

    def acknowledge(
        self, workspace_id: str, alert_id: str, at_ms: int, key: str | None
    ) -> tuple[Alert, bool]:
        """Note that somebody has seen an alert; the first time stays.

        Answers the alert and whether the request came before under the same key.

        Raises:
            NotFoundError: there is no such alert.
            ConflictRetryError: others kept writing the alert.
        """
        address = alert_key(workspace_id, alert_id)
        for _ in range(ATTEMPTS):
            item = self._table.get(address) if ALERT_ID.fullmatch(alert_id) else None
            if item is None:
                raise NotFoundError("There is no such alert.")
            fresh = "ka" not in item
            seen_ms = at_ms if fresh else number(item, "ka")
            unread = Absent("ka") if fresh else Present("pk")
            update = Update(address, assign={"ka": seen_ms}, condition=unread)
            try:
                earlier = None
                if key is not None:
                    once = Once(workspace_id, f"alerts/{alert_id}/acknowledge", key, {})
                    earlier = commit_once(self._table, once, alert_id, [update], self._random_bytes)
                elif fresh:
                    self._table.write(update)
            except (ConditionFailedError, TransactionCanceledError):
                continue
            return alert_from(item | {"ka": seen_ms}), earlier is not None
        raise ConflictRetryError("Others keep writing this alert; please repeat.")
