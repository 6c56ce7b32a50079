"""Thresholds in the table, and the blocking limits that the ledger reads with every commit.

A threshold and what it blocks are written in one transaction, so the ledger never refuses for a
threshold that is gone, and never lets through what a saved one blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from shared.domain.errors import NotFoundError, ValidationFailedError
from shared.domain.fingerprint import Members
from shared.domain.head import Head
from shared.domain.thresholds import (
    THRESHOLD_ID,
    Arming,
    Measure,
    Rules,
    Scope,
    Threshold,
    revised,
)
from shared.ports import Clock
from shared.store.idempotency import Once, commit_once
from shared.store.items import METRICS, block_text, head_from
from shared.store.race import Race
from shared.store.schema import (
    SCHEMA_VERSION,
    Key,
    head_key,
    limits_key,
    threshold_key,
    thresholds_pk,
    workspace_key,
)
from shared.store.table import (
    NEW_ITEM,
    Absent,
    AllOf,
    AnyOf,
    Below,
    Delete,
    Equal,
    Item,
    Present,
    Put,
    Query,
    Table,
    TransactionCanceledError,
    Update,
    Write,
    known,
    number,
    optional_number,
    optional_text,
    rows,
    text,
    texts,
)

W = TypeVar("W")

MAX_THRESHOLDS: Final = 200
"""All of a workspace's thresholds are read with every batch of its writes, so there is an end."""

MAX_BLOCKS: Final = 20
"""Blocking limits on one user, or on each user: they are checked with every row recorded."""

THRESHOLD_PREFIX: Final = "th_"
CREATE_SCOPE: Final = "thresholds"
TOTAL: Final = "TOTAL"
"""Sort key of the count of a workspace's thresholds: no id is like it."""

SCOPES: Final[dict[str, Scope]] = {"user": "user", "workspace": "workspace"}
MEASURES: Final[dict[str, Measure]] = {**METRICS, "balance": "balance"}


def threshold_item(threshold: Threshold) -> Item:
    """A threshold. A limit's revision stays when the limit goes, so that a new one is a new one."""
    rules = threshold.rules
    item: Item = {
        **threshold_key(threshold.workspace_id, threshold.threshold_id),
        "v": SCHEMA_VERSION,
        "ve": threshold.version,
        "sc": rules.scope,
        "mt": rules.metric,
        "pc": [str(percent) for percent in rules.percents],
        "bk": rules.block,
        "en": rules.enabled,
        "dr": threshold.daily.revision,
        "ds": threshold.daily.since_ms,
        "mr": threshold.monthly.revision,
        "ms": threshold.monthly.since_ms,
        "br": threshold.balance.revision,
        "bs": threshold.balance.since_ms,
        "ca": threshold.created_ms,
        "ua": threshold.updated_ms,
    }
    optional = {
        "ac": rules.account_id,
        "dl": rules.daily,
        "ml": rules.monthly,
        "bw": rules.below,
    }
    return item | {name: value for name, value in optional.items() if value is not None}


def threshold_from(item: Item) -> Threshold:
    """The threshold of an item.

    Raises:
        ValueError: an attribute is missing, of another type, or a word that is not known here.
    """
    return Threshold(
        workspace_id=text(item, "pk").split("#")[1],
        threshold_id=text(item, "sk"),
        rules=Rules(
            scope=known(SCOPES, text(item, "sc")),
            account_id=optional_text(item, "ac"),
            metric=known(MEASURES, text(item, "mt")),
            daily=optional_number(item, "dl"),
            monthly=optional_number(item, "ml"),
            percents=tuple(int(percent) for percent in texts(item, "pc")),
            block=item.get("bk") is True,
            enabled=item.get("en") is True,
            below=optional_number(item, "bw"),
        ),
        daily=Arming(number(item, "dr"), number(item, "ds")),
        monthly=Arming(number(item, "mr"), number(item, "ms")),
        balance=Arming(number(item, "br"), number(item, "bs")),
        created_ms=number(item, "ca"),
        updated_ms=number(item, "ua"),
        version=number(item, "ve"),
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """The writes of one attempt, and the threshold as they leave it."""

    threshold: Threshold
    writes: list[Write]


class DynamoThresholds:
    """Thresholds in the table. Every read is consistent."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def readable(self, workspace_id: str) -> Iterator[Threshold | None]:
        """All thresholds of a workspace; None for one that cannot be decoded."""
        query = Query(thresholds_pk(workspace_id), prefix=THRESHOLD_PREFIX)
        for item in rows(self._table, query):
            try:
                yield threshold_from(item)
            except ValueError:
                yield None

    def get(self, workspace_id: str, threshold_id: str) -> Threshold:
        """One threshold.

        Raises:
            NotFoundError: there is none.
        """
        item = None
        if THRESHOLD_ID.fullmatch(threshold_id) is not None:
            item = self._table.get(threshold_key(workspace_id, threshold_id))
        if item is None:
            raise NotFoundError("There is no such threshold.")
        return threshold_from(item)

    def create(self, threshold: Threshold, key: str | None, body: Members) -> str | None:
        """Write a new threshold; `key` makes it once.

        Returns None when it was written now, else the id of the one made before under the same key.

        Raises:
            ValidationFailedError: there are as many thresholds or blocking limits as there can be.
            IdempotencyConflictError: the key was used with another body.
            ConflictRetryError: others kept changing the same thresholds.
        """
        assert THRESHOLD_ID.fullmatch(threshold.threshold_id)
        once = None if key is None else Once(threshold.workspace_id, CREATE_SCOPE, key, body)

        def plan() -> _Plan:
            writes = [
                Put(threshold_item(threshold), NEW_ITEM),
                self._one_more(threshold.workspace_id),
                *self._blocks(None, threshold),
            ]
            return _Plan(threshold, writes)

        return self._commit(plan, once)[1]

    def change(self, workspace_id: str, threshold_id: str, rules: Rules, at_ms: int) -> Threshold:
        """Put a threshold under other rules; the last of several who do so at once wins.

        Raises:
            NotFoundError: there is none.
            ValidationFailedError: there are as many blocking limits as there can be.
            ConflictRetryError: others kept changing it.
        """

        def plan() -> _Plan:
            old = self.get(workspace_id, threshold_id)
            new = revised(old, rules, at_ms)
            unchanged = Equal("ve", old.version)
            return _Plan(new, [Put(threshold_item(new), unchanged), *self._blocks(old, new)])

        return self._commit(plan)[0]

    def delete(self, workspace_id: str, threshold_id: str) -> None:
        """Remove a threshold and what it blocks. Its alerts stay.

        Raises:
            NotFoundError: there is none.
            ConflictRetryError: others kept changing it.
        """

        def plan() -> _Plan:
            old = self.get(workspace_id, threshold_id)
            writes = [
                Delete(threshold_key(workspace_id, threshold_id), Equal("ve", old.version)),
                Update(threshold_key(workspace_id, TOTAL), add={"n": -1}),
                *self._blocks(old, None),
            ]
            return _Plan(old, writes)

        self._commit(plan)

    def heads(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, Head]:
        """The heads of accounts that thresholds name, by account; those without one are left out."""
        keys = [head_key(workspace_id, account_id) for account_id in account_ids]
        found = self._table.get_many(keys)
        return {head.account_id: head for head in map(head_from, found.values())}

    def _commit(
        self, plan: Callable[[], _Plan], once: Once | None = None
    ) -> tuple[Threshold, str | None]:
        race = Race(self._clock)
        while True:
            race.begin()
            planned = plan()
            reference = planned.threshold.threshold_id
            try:
                if once is not None:
                    earlier = commit_once(
                        self._table, once, reference, planned.writes, self._clock.random_bytes
                    )
                    return planned.threshold, earlier
                self._table.transact(planned.writes, self._clock.random_bytes(16).hex())
            except TransactionCanceledError:
                race.lost()
            else:
                return planned.threshold, None

    def _one_more(self, workspace_id: str) -> Update:
        key = threshold_key(workspace_id, TOTAL)
        item = self._table.get(key)
        if item is not None and number(item, "n") >= MAX_THRESHOLDS:
            message = f"a workspace has at most {MAX_THRESHOLDS} thresholds"
            raise ValidationFailedError.of("", message)
        room = AnyOf((Absent("n"), Below("n", MAX_THRESHOLDS)))
        return Update(key, assign={"v": SCHEMA_VERSION}, add={"n": 1}, condition=room)

    def _blocks(self, old: Threshold | None, new: Threshold | None) -> list[Write]:
        """The writes that make the ledger refuse what the new threshold blocks, not the old one."""
        places: dict[tuple[str, str], Key] = {}
        for threshold in (old, new):
            if threshold is not None and threshold.rules.block:
                place = _place(threshold)
                places[place["pk"], place["sk"]] = place
        writes = []
        for place in places.values():
            own = new if new is not None and new.rules.block and _place(new) == place else None
            some = old or new
            assert some is not None
            write = self._block_write(place, some.threshold_id, own)
            if write is not None:
                writes.append(write)
        return writes

    def _block_write(self, place: Key, threshold_id: str, own: Threshold | None) -> Write | None:
        item = self._table.get(place) or {}
        before = list(texts(item, "bl"))
        kept = [line for line in before if not line.startswith(f"{threshold_id}|")]
        after = kept + [block_text(block) for block in (own.blocks() if own else ())]
        if after == before:
            return None
        if len(after) > max(MAX_BLOCKS, len(before)):
            message = f"at most {MAX_BLOCKS} blocking limits apply to a user this way"
            raise ValidationFailedError.of("/block", message)
        unread = Equal("bl", before) if "bl" in item else Absent("bl")
        if place["sk"] == workspace_key("")["sk"]:
            return Update(
                place,
                assign={"bl": after} if after else {},
                remove=() if after else ("bl",),
                condition=AllOf((Present("pk"), unread)),
            )
        if not after:
            return Delete(place, unread)
        return Put({**place, "v": SCHEMA_VERSION, "bl": after}, unread)


def _place(threshold: Threshold) -> Key:
    """The item that holds what a threshold blocks: one account's limits, or the workspace's."""
    account_id = threshold.rules.account_id
    if account_id is None:
        return workspace_key(threshold.workspace_id)
    return limits_key(threshold.workspace_id, account_id)
