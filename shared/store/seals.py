"""Items of seals: written as an account's journal is folded, read when it is proved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from shared.domain.journal import Proven
from shared.domain.seals import Seal, sealed_state
from shared.store.items import totals_from, totals_text
from shared.store.schema import (
    SCHEMA_VERSION,
    SEAL_PREFIX,
    account_pk,
    entry_key,
    seal_key,
)
from shared.store.table import (
    NEW_ITEM,
    ConditionFailedError,
    Item,
    Put,
    Query,
    Table,
    binary,
    number,
    readable,
    rows,
)


def seal_entry(table: Table, workspace_id: str, account_id: str, seq: int, secret: bytes) -> None:
    """Seal an account's state after an entry. A seal that is there stays as it is.

    An entry that is lost or cannot be read is not sealed: proving the account tells.
    """
    entry = table.get(entry_key(workspace_id, account_id, seq))
    if entry is None:
        return
    with suppress(ConditionFailedError, ValueError):
        seal = sealed_state(secret, workspace_id, account_id, _state(entry, seq))
        item: Item = {
            **seal_key(workspace_id, account_id, seq),
            "v": SCHEMA_VERSION,
            "seq": seq,
            "ba": seal.state.balance,
            "rt": totals_text(seal.state.totals),
            "ha": seal.state.hash,
            "ca": seal.state.created_ms,
            "sg": seal.signature,
        }
        table.write(Put(item, NEW_ITEM))


def seals_of(table: Table, workspace_id: str, account_id: str) -> Iterator[Seal]:
    """An account's seals, the latest first; those that cannot be read are left out."""
    pk = account_pk(workspace_id, account_id)
    for item in rows(table, Query(pk, prefix=SEAL_PREFIX, descending=True, limit=5)):
        with suppress(ValueError):
            yield Seal(_state(item, number(item, "seq")), binary(item, "sg"))


def _state(item: Item, seq: int) -> Proven:
    readable(item)
    return Proven(
        seq, number(item, "ba"), totals_from(item), binary(item, "ha"), number(item, "ca")
    )
