"""What records of the stream show: figures of heads and of the workspace's totals, and test alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.alerts import (
    LATE_MS,
    Alert,
    Change,
    Figures,
    Moment,
    Step,
    counters_of,
    figures_of,
)
from shared.store.alerts import alert_from
from shared.store.cell_items import FIRST_COMMIT, LAST_COMMIT, delta_from
from shared.store.dynamo import decode_item
from shared.store.items import head_from
from shared.store.schema import (
    DAY_TOTAL_PREFIX,
    HEAD_SK,
    MONTH_TOTAL_PREFIX,
    TEST_ALERT_PREFIX,
    split_shared_pk,
)
from shared.store.table import Item, number, text


def change_from(record: Mapping[str, Any]) -> Change:
    """The figures that a stream record shows.

    Raises:
        ValueError: it is of another item, or one that can't be decoded.
    """
    try:
        change = record["dynamodb"]
        item = decode_item(change["NewImage"])
        if text(item, "sk") == HEAD_SK:
            return _of_head(item, decode_item(change.get("OldImage", {})))
        return _of_total(item, round(change["ApproximateCreationDateTime"] * 1000))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a record of figures: {error!r}") from error


def is_of_nobody(record: Mapping[str, Any]) -> bool:
    """Whether a record is of the head of an account whose user was erased."""
    return "nx" in record.get("dynamodb", {}).get("NewImage", {})


def is_of_test(record: Mapping[str, Any]) -> bool:
    """Whether a record is of a test alert."""
    key = record.get("dynamodb", {}).get("Keys", {})
    return str(key.get("sk", {}).get("S", "")).startswith(TEST_ALERT_PREFIX)


def test_from(record: Mapping[str, Any]) -> Alert:
    """The test alert that a stream record shows.

    Raises:
        ValueError: it can't be decoded.
    """
    return alert_from(decode_item(record["dynamodb"]["NewImage"]))


def _of_head(item: Item, old: Item) -> Change:
    """A head is written once by each entry, so the images before and after it show what one entry did."""
    head = head_from(item)
    step = Step(head.account_id, head.seq, number(old, "ba", 0), head.balance)
    moment = Moment(head.last_created_ms, head.last_created_ms)
    return Change(head.workspace_id, figures_of(head), (moment,), step=step)


def _of_total(item: Item, written_ms: int) -> Change:
    """A total is of the current period by when its entries were committed, or by when it was written.

    The latter for a backend whose clock is ahead: usage of the next day, committed just before midnight
    and folded after it, completes figures of a day that has begun.

    What is folded late counts from then on: it may complete a line of which newer usage is in the total
    already, and no further write may come.
    """
    workspace_id, _, _ = split_shared_pk(text(item, "pk"))
    sort_key = text(item, "sk")
    for prefix in (DAY_TOTAL_PREFIX, MONTH_TOTAL_PREFIX):
        if sort_key.startswith(prefix):
            period = sort_key.removeprefix(prefix)
            break
    else:
        raise ValueError(f"not a total: {sort_key!r}")
    first_ms, last_ms = number(item, FIRST_COMMIT), number(item, LAST_COMMIT)
    late_ms = written_ms if written_ms - last_ms > LATE_MS else 0
    moments = (
        Moment(first_ms, late_ms or first_ms),
        Moment(last_ms, late_ms or last_ms),
        Moment(written_ms, late_ms or last_ms),
    )
    counters = counters_of(delta_from(item).sums)
    if not all(type(figure) is int for figure in (counters.requests, counters.cost)):
        raise ValueError("a figure is no integer")
    return Change(workspace_id, (Figures(None, period, counters),), moments)
