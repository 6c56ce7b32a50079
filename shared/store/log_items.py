"""Items of usage logs, with their receipts and the fingerprints of their bodies.

Attribute names are short because items are billed by the kilobyte; `docs/data-model.md` has the list.
A user's id does not stand in them.
"""

from __future__ import annotations

import json
from typing import Final

from shared.domain.calendar import utc_text
from shared.domain.fingerprint import DIGEST_BYTES, Fingerprint
from shared.domain.pricing import Basis, BookReceipt, Line, Receipt
from shared.domain.tokens import Tokens
from shared.domain.usage import Repriced, UsageLog
from shared.store.schema import (
    REPRICED_SK,
    SCHEMA_VERSION,
    beside_sk,
    history_sk,
    log_key,
    logs_history,
    repriced_key,
    split_account_pk,
)
from shared.store.table import (
    Item,
    binary,
    known,
    number,
    optional_number,
    optional_text,
    readable,
    text,
)

_compact = json.JSONEncoder(separators=(",", ":")).encode

MEMBER_CODES: Final = (
    "/userId",
    "/service",
    "/provider",
    "/model",
    "/tokens",
    "/tokens/input",
    "/tokens/output",
    "/tokens/cachedInput",
    "/tokens/cacheWrite",
    "/tokens/reasoning",
    "/credits",
    "/cost",
    "/status",
    "/errorCode",
    "/responseTimeMs",
    "/responseBytes",
    "/country",
    "/platform",
    "/requestId",
    "/occurredAt",
    "/metadata",
)
"""Members of a usage log's body by their one-byte code. Only ever append."""

_PREFIXES: Final = {pointer: bytes([code]) for code, pointer in enumerate(MEMBER_CODES)}

BASES: Final[dict[str, Basis]] = {
    "stated": "stated",
    "workspace_price": "workspace_price",
    "flat": "flat",
    "price_book": "price_book",
    "unpriced": "unpriced",
}


def encode_fingerprint(fingerprint: Fingerprint) -> bytes:
    """A usage log's fingerprint: for each member its code and its digest."""
    return b"".join(_PREFIXES[pointer] + digest for pointer, digest in sorted(fingerprint.items()))


def decode_fingerprint(data: bytes) -> dict[str, bytes]:
    """The digests by pointer.

    Raises:
        ValueError: a member is not known.
    """
    width = 1 + DIGEST_BYTES
    if len(data) % width or any(code >= len(MEMBER_CODES) for code in data[::width]):
        raise ValueError("not a fingerprint")
    return {
        MEMBER_CODES[data[start]]: data[start + 1 : start + width]
        for start in range(0, len(data), width)
    }


def encode_receipt(receipt: Receipt) -> str:
    """A receipt as compact JSON; what is not there at the end is left out."""
    book = receipt.book
    fields: list[object] = [
        receipt.basis,
        [[line.item, line.quantity, line.rate_picos] for line in receipt.lines],
        receipt.credit_value_picos,
        receipt.stated_cost_picos,
        receipt.stated_credits,
        None if book is None else [book.version, *book.matched, book.exchange_rate_picos],
    ]
    while fields[-1] is None:
        fields.pop()
    return _compact(fields)


def decode_receipt(data: str) -> Receipt:
    """A receipt of its JSON.

    Raises:
        ValueError: it is not one.
    """
    raw = json.loads(data)
    basis, lines, credit_value, cost, credits, book = raw + [None] * (6 - len(raw))
    return Receipt(
        known(BASES, basis),
        tuple(Line(*line) for line in lines),
        credit_value,
        cost,
        credits,
        None if book is None else BookReceipt(book[0], (book[1], book[2]), book[3]),
    )


def repriced_item(log: UsageLog, repriced: Repriced) -> Item:
    """What a repricing made of a log, beside it in the account's history, found by the same filters."""
    item: Item = {
        **repriced_key(log.workspace_id, log.log_id),
        "hk": logs_history(log.workspace_id, log.account_id),
        "hs": beside_sk(_history_of(log)),
        "v": SCHEMA_VERSION,
        "rp": repriced.repricing_id,
        "seq": repriced.seq,
        "cs": repriced.cost_picos,
        "cr": repriced.credits,
        "rc": encode_receipt(repriced.receipt),
        "dc": repriced.cost_difference,
        "dr": repriced.credit_difference,
        "sv": log.service,
        "fl": log.failed,
    }
    return item if log.model is None else item | {"mo": log.model}


def is_repriced(item: Item) -> bool:
    """Whether an item stands beside a log and is none."""
    return item["sk"] == REPRICED_SK


def repriced_from(item: Item) -> Repriced:
    """What stands beside a log.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    return Repriced(
        text(item, "rp"),
        number(item, "seq"),
        number(item, "cs"),
        number(item, "cr"),
        decode_receipt(text(item, "rc")),
        number(item, "dc"),
        number(item, "dr"),
    )


def _history_of(log: UsageLog) -> str:
    return history_sk(utc_text(log.occurred_ms), log.log_id)


def log_item(log: UsageLog) -> Item:
    """A usage log, with its place in the account's history, but without what stands beside it."""
    optional = {
        "mo": log.model,
        "ec": log.error_code,
        "rt": log.response_time_ms,
        "rb": log.response_bytes,
        "co": log.country,
        "pf": log.platform,
        "rq": log.request_id,
        "md": log.metadata,
    }
    item: Item = {
        **log_key(log.workspace_id, log.log_id),
        "hk": logs_history(log.workspace_id, log.account_id),
        "hs": _history_of(log),
        "v": SCHEMA_VERSION,
        "seq": log.seq,
        "sv": log.service,
        "cr": log.credits,
        "cs": log.cost_picos,
        "cu": log.currency,
        "oc": log.occurred_ms,
        "ca": log.created_ms,
        "rc": encode_receipt(log.receipt),
        "nn": log.nonce,
        "fp": encode_fingerprint(log.fingerprint),
        "fl": log.failed,
        **{name: value for name, value in optional.items() if value is not None},
    }
    if log.provider != log.service:
        item["pv"] = log.provider
    return item | _token_attributes(log.tokens)


def _token_attributes(tokens: Tokens | None) -> Item:
    if tokens is None:
        return {}
    if tokens.input is None or tokens.output is None:
        return {"tt": tokens.total}
    parts = {"tc": tokens.cached_input, "tw": tokens.cache_write, "tr": tokens.reasoning}
    known: Item = {"ti": tokens.input, "ot": tokens.output}
    return known | {name: count for name, count in parts.items() if count}


def _tokens_from(item: Item) -> Tokens | None:
    if "ti" in item:
        return Tokens.of_parts(
            number(item, "ti"),
            number(item, "ot"),
            number(item, "tc", 0),
            number(item, "tw", 0),
            number(item, "tr", 0),
        )
    return Tokens(number(item, "tt")) if "tt" in item else None


def log_from(item: Item) -> UsageLog:
    """The usage log of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    workspace_id, account_id = split_account_pk(text(item, "hk"))
    receipt = decode_receipt(text(item, "rc"))
    return UsageLog(
        workspace_id=workspace_id,
        account_id=account_id,
        log_id=text(item, "pk").rpartition("#")[2],
        seq=number(item, "seq"),
        service=text(item, "sv"),
        provider=optional_text(item, "pv") or text(item, "sv"),
        model=optional_text(item, "mo"),
        tokens=_tokens_from(item),
        credits=number(item, "cr"),
        cost_picos=number(item, "cs"),
        currency=text(item, "cu"),
        unpriced=receipt.basis == "unpriced",
        failed=bool(item["fl"]),
        error_code=optional_text(item, "ec"),
        response_time_ms=optional_number(item, "rt"),
        response_bytes=optional_number(item, "rb"),
        country=optional_text(item, "co"),
        platform=optional_text(item, "pf"),
        request_id=optional_text(item, "rq"),
        metadata=optional_text(item, "md"),
        occurred_ms=number(item, "oc"),
        created_ms=number(item, "ca"),
        receipt=receipt,
        nonce=binary(item, "nn"),
        fingerprint=decode_fingerprint(binary(item, "fp")) if "fp" in item else {},
    )
