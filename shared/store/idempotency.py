"""What a POST under an `Idempotency-Key` made, written together with it.

The record holds a reference to the thing and a keyed digest of each member of the body, so a
repeat is answered with the thing as it is, and another body under the same key is refused naming
what differs. Records do not expire: a repeat is a repeat for ever. Usage logs have none: their id
is the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.errors import ConflictRetryError, IdempotencyConflictError
from shared.domain.fingerprint import DIGEST_BYTES, Members, differing, fingerprint
from shared.domain.ids import ID, RandomBytes
from shared.store.schema import SCHEMA_VERSION, idempotency_key
from shared.store.table import (
    NEW_ITEM,
    Item,
    Put,
    Table,
    TransactionCanceledError,
    Update,
    Write,
    binary,
    readable,
    text,
    texts,
)

NONCE_BYTES: Final = 16
ATTEMPTS: Final = 4
"""Two of the same request at once settle when the first is through, so a few tries are enough."""

_HEX_DIGITS: Final = 2 * DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Once:
    """One request that counts once: whose it is, the scope (names the path), its key and body.

    `key` has been checked (`shared.http.idempotency`); `members` come from `members_of(body)`.
    """

    workspace_id: str
    scope: str
    key: str
    members: Members

    def __post_init__(self) -> None:
        assert ID.fullmatch(self.key)
        assert "#" not in self.scope


def record_put(once: Once, reference: str, nonce: bytes) -> Put:
    """The write of the record; its condition fails when the key was used before."""
    digests = fingerprint(once.members, nonce)
    item: Item = {
        **idempotency_key(once.workspace_id, once.scope, once.key),
        "v": SCHEMA_VERSION,
        "rf": reference,
        "nn": nonce,
        "fp": [digest.hex() + pointer for pointer, digest in sorted(digests.items())],
    }
    return Put(item, NEW_ITEM)


def forget_body(workspace_id: str, scope: str, key: str) -> Update:
    """The write that leaves of a record only that there was a request, so that no other counts again.

    A repeat is refused from then on: nobody can tell any more whether it is the same.
    """
    return Update(idempotency_key(workspace_id, scope, key), remove=("fp",))


def settle(item: Item, once: Once) -> str:
    """The reference of an earlier request under the same key.

    Raises:
        IdempotencyConflictError: it came with another body.
    """
    readable(item)
    stored = {line[_HEX_DIGITS:]: bytes.fromhex(line[:_HEX_DIGITS]) for line in texts(item, "fp")}
    pointers = differing(stored, once.members, binary(item, "nn"))
    if pointers:
        raise IdempotencyConflictError(pointers)
    return text(item, "rf")


def made_before(table: Table, once: Once) -> str | None:
    """The reference of what an earlier request under the same key made; None when there was none.

    Raises:
        IdempotencyConflictError: it came with another body.
    """
    item = table.get(idempotency_key(once.workspace_id, once.scope, once.key))
    return None if item is None else settle(item, once)


def commit_once(
    table: Table, once: Once, reference: str, writes: Sequence[Write], random_bytes: RandomBytes
) -> str | None:
    """Commit the writes and the record together, unless the request came before.

    Returns None when it was committed now, else the earlier request's reference.

    Raises:
        IdempotencyConflictError: the key was used with another body.
        TransactionCanceledError: a condition of `writes` failed (reasons in their order).
        ConflictRetryError: others kept writing the same items.
    """
    nonce = random_bytes(NONCE_BYTES)
    record = record_put(once, reference, nonce)
    for attempt in range(ATTEMPTS):
        earlier = made_before(table, once)
        if earlier is not None:
            return earlier
        try:
            table.transact([record, *writes], f"{nonce.hex()}-{attempt}")
        except TransactionCanceledError as error:
            others = error.reasons[1:]
            if any(reason.condition_failed for reason in others):
                # The record's own failure need not be told as well, so look before blaming the rest.
                earlier = made_before(table, once)
                if earlier is not None:
                    return earlier
                raise TransactionCanceledError(others) from error
        else:
            return None
    raise ConflictRetryError("Others are writing the same thing; please repeat the request.")
