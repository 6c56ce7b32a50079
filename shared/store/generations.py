"""Turns from one generation of cells to the next: attributes of the workspace's settings.

Whoever folds reads the settings with each batch and folds into every generation named there, so the
next one is fed from the moment it is named. What was folded by somebody who read the settings before is in
the journal by then, from which the rebuild fills.
"""

from __future__ import annotations

from typing import Final

from shared.domain.errors import ConflictRetryError, NotFoundError
from shared.ports.runtime import Clock
from shared.store.schema import workspace_key
from shared.store.table import (
    Absent,
    AllOf,
    ConditionFailedError,
    Equal,
    Item,
    Table,
    TransactionCanceledError,
    Update,
    number,
)
from shared.store.versions import bumped
from shared.store.workspace_items import FILLING, RETIRED, RETIRED_MS

SHOWN: Final = "gn"


class DynamoGenerations:
    """`Generations` in the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def begin(self, workspace_id: str) -> int:
        """Have a new generation filled beside the one that is read; the one being filled, if there is.

        Raises:
            NotFoundError: there is no such workspace.
            ConflictRetryError: another generation is to be cleared away first.
        """
        item = self._settings(workspace_id)
        if FILLING in item:
            return number(item, FILLING)
        shown = number(item, SHOWN)
        nothing = AllOf((Equal(SHOWN, shown), Absent(FILLING), Absent(RETIRED)))
        update = Update(workspace_key(workspace_id), assign={FILLING: shown + 1}, condition=nothing)
        try:
            self._table.write(update)
        except ConditionFailedError as error:
            raise ConflictRetryError("An old generation has to be cleared away first.") from error
        return shown + 1

    def flip(self, workspace_id: str, filling: int) -> None:
        """Have answers read from the generation that was filled; the other one is retired.

        Raises:
            ConflictRetryError: it is not being filled any more.
        """
        shown = number(self._settings(workspace_id), SHOWN)
        if shown == filling:
            return
        now_ms = self._clock.now_ms()
        update = Update(
            workspace_key(workspace_id),
            assign={SHOWN: filling, RETIRED: shown, RETIRED_MS: now_ms},
            add={"ve": 1},
            remove=(FILLING,),
            condition=AllOf((Equal(SHOWN, shown), Equal(FILLING, filling))),
        )
        token = self._clock.random_bytes(16).hex()
        try:
            self._table.transact([update, bumped(workspace_id, now_ms)], token)
        except TransactionCanceledError as error:
            raise ConflictRetryError("The settings were changed meanwhile.") from error

    def give_up(self, workspace_id: str) -> None:
        """Stop filling; what there is of it is retired."""
        item = self._settings(workspace_id)
        if FILLING not in item:
            return
        filling = number(item, FILLING)
        update = Update(
            workspace_key(workspace_id),
            assign={RETIRED: filling, RETIRED_MS: self._clock.now_ms()},
            remove=(FILLING,),
            condition=Equal(FILLING, filling),
        )
        try:
            self._table.write(update)
        except ConditionFailedError as error:
            raise ConflictRetryError("The settings were changed meanwhile.") from error

    def cleared(self, workspace_id: str, retired: int) -> None:
        """Note that nothing is left of a retired generation."""
        update = Update(
            workspace_key(workspace_id),
            remove=(RETIRED, RETIRED_MS),
            condition=Equal(RETIRED, retired),
        )
        try:
            self._table.write(update)
        except ConditionFailedError:
            return

    def _settings(self, workspace_id: str) -> Item:
        item = self._table.get(workspace_key(workspace_id))
        if item is None:
            raise NotFoundError("There is no such workspace.")
        return item
