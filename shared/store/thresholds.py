"""Thresholds in the table, and the blocking limits that the ledger reads with every commit.

A threshold and what it blocks are written in one transaction, so the ledger never refuses for a
threshold that is gone, and never lets through what a saved one blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from shared.domain.errors import NotFoundError, ValidationFailedError
from shared.domain.fingerprint import Members
from shared.domain.head import Head
from shared.domain.limits import Use
from shared.domain.thresholds import (
    THRESHOLD_ID,
    Arming,
    Measure,
    Rules,
    Scope,
    Threshold,
    revised,
)
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock
from shared.store.budgets import read_pool
from shared.store.idempotency import Once, commit_once
from shared.store.items import BLOCKS, BUDGETS, METRICS, block_text, head_from
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
    Condition,
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
    readable,
    rows,
    text,
    texts,
)

MAX_THRESHOLDS: Final = 200
"""All of a workspace's thresholds are read with every batch of its writes, so there is an end."""

MAX_BLOCKS: Final = 20
"""Blocking limits on one user, on each user, or on the workspace: every row recorded is held to them."""

THRESHOLD_PREFIX: Final = "th_"
CREATE_SCOPE: Final = "thresholds"
TRY_SCOPE: Final = "thresholds/try"
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
    readable(item)
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

    def tried(self, workspace_id: str, key: str, body: Members, day: str) -> str | None:
        """Note the day of a trial; answers None, or the day of the one before under the same key.

        Raises:
            IdempotencyConflictError: the key was used with another body.
            ConflictRetryError: others kept using the key.
        """
        once = Once(workspace_id, TRY_SCOPE, key, body)
        return commit_once(self._table, once, day, [], self._clock.random_bytes)

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

    def used(self, workspace: Workspace, periods: Sequence[str]) -> Use:
        """What a workspace has used in some days and months: what its budgets are held to."""
        return read_pool(self._table, workspace, periods).used

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
        """The writes that make the ledger refuse what the new threshold blocks, not the old one.

        A threshold that changes from each user to the workspace moves within one item, so lists that stand
        in the same item are written together.
        """
        places = dict.fromkeys(_place(t) for t in (old, new) if t is not None and t.rules.block)
        some = old or new
        assert some is not None
        changes: dict[tuple[str, str], list[_List]] = {}
        for place in places:
            item = self._table.get(place.key) or {}
            before = list(texts(item, place.name)) if place.name in item else None
            kept = [line for line in before or [] if not line.startswith(f"{some.threshold_id}|")]
            own = new.blocks() if new is not None and _place(new) == place else ()
            after = kept + [block_text(block) for block in own]
            if len(after) > max(MAX_BLOCKS, len(before or [])):
                message = f"at most {MAX_BLOCKS} blocking limits apply this way"
                raise ValidationFailedError.of("/block", message)
            if after != (before or []):
                changes.setdefault((place.pk, place.sk), []).append(_List(place, before, after))
        return [_write(lists) for lists in changes.values()]


class _Place(NamedTuple):
    """An item's list of blocking limits."""

    pk: str
    sk: str
    name: str

    @property
    def key(self) -> Key:
        return {"pk": self.pk, "sk": self.sk}


class _List(NamedTuple):
    """A list of blocking limits as it was read (None: not there) and as it is to be."""

    place: _Place
    before: list[str] | None
    after: list[str]

    @property
    def unread(self) -> Condition:
        name = self.place.name
        return Absent(name) if self.before is None else Equal(name, self.before)


def _place(threshold: Threshold) -> _Place:
    """Where what a threshold blocks stands: in one account's limits, or in the workspace's settings."""
    rules = threshold.rules
    if rules.account_id is not None:
        return _Place(**limits_key(threshold.workspace_id, rules.account_id), name=BLOCKS)
    name = BUDGETS if rules.scope == "workspace" else BLOCKS
    return _Place(**workspace_key(threshold.workspace_id), name=name)


def _write(lists: Sequence[_List]) -> Write:
    """The write of one item's lists; settings stay as they are besides, limits go when they are empty."""
    key, unread = lists[0].place.key, [each.unread for each in lists]
    if key["sk"] == workspace_key("")["sk"]:
        return Update(
            key,
            assign={each.place.name: each.after for each in lists if each.after},
            remove=tuple(each.place.name for each in lists if not each.after),
            condition=AllOf((Present("pk"), *unread)),
        )
    ((_, _, after),) = lists
    if not after:
        return Delete(key, unread[0])
    return Put({**key, "v": SCHEMA_VERSION, BLOCKS: after}, unread[0])
