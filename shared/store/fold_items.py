"""Items of the folding: cursors, marks of parked accounts, and journal entries as far as they are folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from shared.domain.calendar import FIRST_MS, LAST_MS
from shared.domain.digests import DigestRow, decode_digest
from shared.domain.folding import (
    MAX_FIGURE,
    Arrival,
    Cursor,
    Foldable,
    Parked,
    Place,
    Poison,
    Progress,
    Step,
    check_digest,
)
from shared.domain.journal import KINDS, Kind
from shared.store.dynamo import decode_item
from shared.store.items import COUNTED, REASON_OF, TYPES
from shared.store.schema import (
    ENTRY_PREFIX,
    MAX_SEQ,
    SCHEMA_VERSION,
    account_pk,
    cursor_key,
    entry_key,
    entry_sk,
    parked_key,
    split_account_pk,
)
from shared.store.table import (
    Item,
    Query,
    Table,
    Value,
    binary,
    known,
    number,
    readable,
    rows,
    text,
    texts,
)

HASH_BYTES: Final = 32
FOLDED_ATTRIBUTES: Final = (
    "pk",
    "sk",
    "v",
    "seq",
    "ty",
    "rs",
    "am",
    "ca",
    "ha",
    "ids",
    "dg",
    COUNTED,
)
"""The attributes of a journal entry that folding looks at."""

MAX_REASON_LENGTH: Final = 500


def cursor_item(place: Place, cursor: Cursor) -> Item:
    """An account's cursor."""
    return {
        **cursor_key(place.workspace_id, place.account_id, place.generation),
        "v": SCHEMA_VERSION,
        "seq": cursor.seq,
        "part": cursor.part,
    }


def cursor_from(item: Item | None) -> Cursor:
    """The cursor of an item; at the beginning where there is none.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    if item is None:
        return Cursor()
    readable(item)
    return Cursor(number(item, "seq"), number(item, "part"))


def parked_item(place: Place, parked: Parked) -> Item:
    """The mark of an account that waits."""
    item: Item = {
        **parked_key(place.workspace_id, place.account_id, place.generation),
        "v": SCHEMA_VERSION,
        "seq": parked.seq,
        "rs": parked.reason,
        "ca": parked.at_ms,
    }
    return item | {"sent": True} if parked.sent else item


def parked_from(item: Item) -> Parked:
    """The mark of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    return Parked(number(item, "seq"), text(item, "rs"), number(item, "ca"), "sent" in item)


def read_progress(table: Table, places: Sequence[Place]) -> dict[Place, Progress]:
    """Where accounts stand, read consistently.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    keys = {place: (cursor_key(*_of(place)), parked_key(*_of(place))) for place in places}
    items = table.get_many([key for pair in keys.values() for key in pair])
    found = {}
    for place, (cursor, parked) in keys.items():
        mark = items.get((parked["pk"], parked["sk"]))
        found[place] = Progress(
            cursor_from(items.get((cursor["pk"], cursor["sk"]))),
            None if mark is None else parked_from(mark),
        )
    return found


def _of(place: Place) -> tuple[str, str, int]:
    return place.workspace_id, place.account_id, place.generation


def step_from(seq: int, item: Mapping[str, Value]) -> Step:
    """Entry `seq` as far as it is folded."""
    try:
        readable(item)
        return _foldable(seq, dict(item))
    except Exception as error:  # noqa: BLE001 - pure code: whatever it raises is this entry's fault
        return poison_of(seq, error)


def step_from_image(seq: int, image: Mapping[str, Mapping[str, Any]]) -> Step:
    """Entry `seq` as far as it is folded, from the wire format of a stream record."""
    try:
        item = decode_item({name: image[name] for name in FOLDED_ATTRIBUTES if name in image})
    except Exception as error:  # noqa: BLE001 - pure code: whatever it raises is this entry's fault
        return poison_of(seq, error)
    return step_from(seq, item)


def arrival_of(change: Mapping[str, Any]) -> Arrival:
    """The journal entry of a stream record's `dynamodb` member.

    Raises:
        ValueError: the key is not a journal entry's.
    """
    key = decode_item(change["Keys"])
    workspace_id, account_id = split_account_pk(text(key, "pk"))
    seq = seq_of(text(key, "sk"))
    image = change.get("NewImage")
    step = None if image is None else step_from_image(seq, image)
    return Arrival(workspace_id, account_id, seq, step)


def poison_of(seq: int, error: Exception) -> Poison:
    """An entry that cannot be folded because of an error."""
    return Poison(seq, f"{type(error).__name__}: {error}"[:MAX_REASON_LENGTH])


def _foldable(seq: int, item: Item) -> Foldable:
    if number(item, "seq") != seq or text(item, "sk") != entry_sk(seq):
        raise ValueError("the entry's number is not its key's")
    if len(binary(item, "ha")) != HASH_BYTES:
        raise ValueError("the hash is not of the right length")
    digest: tuple[DigestRow, ...] = ()
    if "dg" in item:
        digest = decode_digest(text(item, "dg"))
        check_digest(digest)
    kind = known(REASON_OF, text(item, "rs")), known(TYPES, text(item, "ty"))
    amount, created_ms = number(item, "am"), number(item, "ca")
    if kind not in KINDS or not 0 <= amount <= MAX_FIGURE or not FIRST_MS <= created_ms <= LAST_MS:
        raise ValueError("the entry is of no kind, amount or time that there can be")
    if kind[0] == "usage" or digest:
        _check_logs(digest, kind, amount, len(texts(item, "ids")))
    return Foldable(seq, created_ms, kind, amount, digest, texts(item, COUNTED))


def _check_logs(digest: tuple[DigestRow, ...], kind: Kind, amount: int, logs: int) -> None:
    """Usage moves what its logs cost, the adjustment of a repricing what they cost more or less."""
    figures = (sum(r.sums.credits for r in digest), sum(r.sums.requests for r in digest))
    said = {
        "usage": (amount, logs),
        "adjustment": (amount if kind[1] == "debit" else -amount, 0),
    }
    if figures != said.get(kind[0]):
        raise ValueError("the digest is not what the entry says of its logs")


def seq_of(sort_key: str) -> int:
    """The number of a journal entry by its sort key.

    Raises:
        ValueError: it is not a journal entry's.
    """
    seq = int(sort_key.removeprefix(ENTRY_PREFIX))
    if not 0 < seq <= MAX_SEQ or sort_key != entry_sk(seq):
        raise ValueError(f"not a journal entry's key: {sort_key!r}")
    return seq


def read_steps(
    table: Table, workspace_id: str, account_id: str, first: int, count: int
) -> Iterator[Step]:
    """The journal from entry `first`, at most `count` entries, as far as they are folded.

    Stops after an entry that cannot be decoded, and at the end of the journal.
    """
    last = min(first + count - 1, MAX_SEQ)
    query = Query(
        account_pk(workspace_id, account_id),
        low=entry_sk(first),
        high=entry_sk(last),
        limit=count,
    )
    try:
        items = list(islice(rows(table, query), count))
    except ValueError:
        yield from _one_by_one(table, workspace_id, account_id, range(first, last + 1))
        return
    for item in items:
        step = step_from(seq_of(text(item, "sk")), item)
        yield step
        if isinstance(step, Poison):
            return


def _one_by_one(table: Table, workspace_id: str, account_id: str, numbers: range) -> Iterator[Step]:
    """A page that holds an entry which cannot even be read as an item."""
    for seq in numbers:
        try:
            item = table.get(entry_key(workspace_id, account_id, seq))
        except ValueError as error:
            yield poison_of(seq, error)
            return
        if item is None:
            return
        step = step_from(seq, item)
        yield step
        if isinstance(step, Poison):
            return
