"""Journal entries as rows of the archive's files, there and back.

A row has all that an entry's hash covers, and no text: of notes and metadata there are the commitments,
without their salts. So nothing in these files ever has to be erased, and the chain is proved from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from shared.adapters.parquet import Columns, Field, read_parquet
from shared.domain.calendar import utc_text
from shared.domain.digests import decode_digest, encode_digest
from shared.domain.journal import Entry, Paid, RunningTotals
from shared.domain.money import MONEY_PLACES, money
from shared.store.items import REASON_OF, TYPES
from shared.store.table import known

ENTRY_FIELDS: Final = (
    Field("account_id"),
    Field("seq", "integer"),
    Field("type"),
    Field("reason"),
    Field("amount", "integer"),
    Field("balance_after", "integer"),
    Field("totals"),
    Field("created_at", "time"),
    Field("log_ids"),
    Field("digest"),
    Field("note_commitment"),
    Field("metadata_commitment"),
    Field("refund_of"),
    Field("paid_amount", "decimal", MONEY_PLACES),
    Field("paid_currency"),
    Field("nonce"),
    Field("previous_hash"),
    Field("hash"),
)


def entry_columns(entries: Sequence[Entry]) -> Columns:
    """Entries as columns of a file."""
    rows = list(map(_row, entries))
    return [[row[place] for row in rows] for place in range(len(ENTRY_FIELDS))]


def read_entries(workspace_id: str, data: bytes) -> Iterator[list[Entry]]:
    """The entries of a file, some at a time: what their hashes cover, and no texts.

    Raises:
        ValueError: it is no such file.
    """
    for columns in read_parquet(ENTRY_FIELDS, data):
        yield [_entry(workspace_id, values) for values in zip(*columns, strict=True)]


def _row(entry: Entry) -> tuple[object, ...]:
    paid = entry.paid
    return (
        entry.account_id,
        entry.seq,
        entry.type,
        entry.reason,
        entry.amount,
        entry.balance_after,
        json.dumps(list(entry.totals), separators=(",", ":")),
        utc_text(entry.created_ms),
        json.dumps(list(entry.log_ids), separators=(",", ":")),
        encode_digest(entry.digest),
        entry.note_commitment,
        entry.metadata_commitment,
        entry.refund_of,
        None if paid is None else money(paid.amount_picos),
        None if paid is None else paid.currency,
        entry.nonce.hex(),
        entry.previous_hash.hex(),
        entry.hash.hex(),
    )


def _entry(workspace_id: str, values: Sequence[Any]) -> Entry:
    row = dict(zip((field.name for field in ENTRY_FIELDS), values, strict=True))
    return Entry(
        workspace_id=workspace_id,
        account_id=row["account_id"],
        seq=row["seq"],
        type=known(TYPES, row["type"]),
        reason=known(REASON_OF, row["reason"]),
        amount=row["amount"],
        balance_after=row["balance_after"],
        totals=RunningTotals(*json.loads(row["totals"])),
        created_ms=row["created_at"],
        log_ids=tuple(json.loads(row["log_ids"])),
        digest=decode_digest(row["digest"]),
        note=None,
        metadata=None,
        refund_of=row["refund_of"],
        paid=_paid(row["paid_amount"], row["paid_currency"]),
        nonce=bytes.fromhex(row["nonce"]),
        salt=b"",
        note_commitment=row["note_commitment"],
        metadata_commitment=row["metadata_commitment"],
        previous_hash=bytes.fromhex(row["previous_hash"]),
        hash=bytes.fromhex(row["hash"]),
    )


def _paid(amount: Decimal | None, currency: str) -> Paid | None:
    return None if amount is None else Paid(int(amount.scaleb(MONEY_PLACES)), currency)
