"""Items of the ledger: usage logs, journal entries, account heads. Each carries its schema version.

Attribute names are short because items are billed by the kilobyte; `docs/data-model.md` has the list.
A user's id stands in none of them.
"""

from __future__ import annotations

import json
from typing import Final, TypeVar

from shared.domain.calendar import utc_text
from shared.domain.cells import decode_digest, encode_digest
from shared.domain.fingerprint import DIGEST_BYTES, Fingerprint
from shared.domain.journal import REASONS, Entry, EntryType, Paid, Reason, RunningTotals
from shared.domain.ledger import Block, Counters, Head, Metric, Period
from shared.domain.pricing import Basis, Line, Receipt
from shared.domain.tokens import Tokens
from shared.domain.usage import UsageLog
from shared.store.schema import (
    ENTRY_PREFIX,
    SCHEMA_VERSION,
    entry_key,
    head_key,
    history_sk,
    journal_index_pk,
    log_key,
    logs_history,
    split_account_pk,
)
from shared.store.table import (
    Item,
    binary,
    number,
    optional_number,
    optional_text,
    text,
    texts,
)

W = TypeVar("W")

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

BASES: Final[dict[str, Basis]] = {
    "stated": "stated",
    "workspace_price": "workspace_price",
    "flat": "flat",
    "price_book": "price_book",
    "unpriced": "unpriced",
}
TYPES: Final[dict[str, EntryType]] = {"debit": "debit", "credit": "credit"}
REASON_OF: Final[dict[str, Reason]] = {reason: reason for reason in REASONS}
METRICS: Final[dict[str, Metric]] = {
    "tokens": "tokens",
    "cost": "cost",
    "credits": "credits",
    "requests": "requests",
}
PERIODS: Final[dict[str, Period]] = {"daily": "daily", "monthly": "monthly"}


def encode_fingerprint(fingerprint: Fingerprint) -> bytes:
    """A usage log's fingerprint: for each member its code and its digest."""
    return b"".join(
        bytes([MEMBER_CODES.index(pointer)]) + digest
        for pointer, digest in sorted(fingerprint.items())
    )


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
    fields: list[object] = [
        receipt.basis,
        [[line.item, line.quantity, line.rate_picos] for line in receipt.lines],
        receipt.credit_value_picos,
        receipt.stated_cost_picos,
        receipt.stated_credits,
        receipt.price_book,
    ]
    while fields[-1] is None:
        fields.pop()
    return json.dumps(fields, separators=(",", ":"))


def decode_receipt(data: str) -> Receipt:
    """A receipt of its JSON.

    Raises:
        ValueError: it is not one.
    """
    raw = json.loads(data)
    basis, lines, credit_value, cost, credits, book = raw + [None] * (6 - len(raw))
    return Receipt(
        _known(BASES, basis),
        tuple(Line(*line) for line in lines),
        credit_value,
        cost,
        credits,
        book,
    )


def log_item(log: UsageLog) -> Item:
    """A usage log, with its place in the account's history."""
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
        "hs": history_sk(utc_text(log.occurred_ms), log.log_id),
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
        fingerprint=decode_fingerprint(binary(item, "fp")),
    )


def entry_item(entry: Entry) -> Item:
    """A journal entry, with its place in the workspace's journal index."""
    item: Item = {
        **entry_key(entry.workspace_id, entry.account_id, entry.seq),
        "jk": journal_index_pk(entry.workspace_id, entry.account_id),
        "js": f"{utc_text(entry.created_ms)}#{entry.account_id}#{entry.seq:012d}",
        "v": SCHEMA_VERSION,
        "seq": entry.seq,
        "ty": entry.type,
        "rs": entry.reason,
        "am": entry.amount,
        "ba": entry.balance_after,
        "rt": _totals_text(entry.totals),
        "ca": entry.created_ms,
        "nn": entry.nonce,
        "sa": entry.salt,
        "ph": entry.previous_hash,
        "ha": entry.hash,
    }
    if entry.log_ids:
        item["ids"] = list(entry.log_ids)
    if entry.digest:
        item["dg"] = encode_digest(entry.digest)
    if entry.note is not None:
        item |= {"nt": entry.note, "nc": entry.note_commitment}
    if entry.metadata is not None:
        item |= {"md": entry.metadata, "mc": entry.metadata_commitment}
    if entry.refund_of is not None:
        item["rf"] = entry.refund_of
    if entry.paid is not None:
        item["pd"] = f"{entry.paid.amount_picos} {entry.paid.currency}"
    return item


def entry_from(item: Item) -> Entry:
    """The journal entry of an item.

    Raises:
        ValueError: an attribute is missing or of another type, or the digest is none.
    """
    workspace_id, account_id = split_account_pk(text(item, "pk"))
    seq = int(text(item, "sk").removeprefix(ENTRY_PREFIX))
    if number(item, "seq") != seq:
        raise ValueError("the entry's number is not its key's")
    return Entry(
        workspace_id=workspace_id,
        account_id=account_id,
        seq=seq,
        type=_known(TYPES, text(item, "ty")),
        reason=_known(REASON_OF, text(item, "rs")),
        amount=number(item, "am"),
        balance_after=number(item, "ba"),
        totals=totals_from(item),
        created_ms=number(item, "ca"),
        log_ids=texts(item, "ids"),
        digest=decode_digest(text(item, "dg")) if "dg" in item else (),
        note=optional_text(item, "nt"),
        metadata=optional_text(item, "md"),
        refund_of=optional_text(item, "rf"),
        paid=_paid_from(optional_text(item, "pd")),
        nonce=binary(item, "nn"),
        salt=binary(item, "sa") if "sa" in item else b"",
        note_commitment=optional_text(item, "nc") or "",
        metadata_commitment=optional_text(item, "mc") or "",
        previous_hash=binary(item, "ph"),
        hash=binary(item, "ha"),
    )


def _known(words: dict[str, W], word: str) -> W:
    if word not in words:
        raise ValueError(f"{word!r} is not a word known here")
    return words[word]


def _totals_text(totals: RunningTotals) -> str:
    """Running totals; trailing kinds that have not occurred are left out."""
    kept = list(totals)
    while kept and not kept[-1]:
        kept.pop()
    return " ".join(map(str, kept))


def totals_from(item: Item) -> RunningTotals:
    """The running totals of an entry or a head.

    Raises:
        ValueError: they are missing or no numbers.
    """
    return RunningTotals(*map(int, text(item, "rt").split()))


def _paid_from(data: str | None) -> Paid | None:
    if data is None:
        return None
    amount, _, currency = data.partition(" ")
    return Paid(int(amount), currency)


def head_item(head: Head) -> Item:
    """An account's head; counters that are zero are left out."""
    item: Item = {
        **head_key(head.workspace_id, head.account_id),
        "v": SCHEMA_VERSION,
        "seq": head.seq,
        "ba": head.balance,
        "rt": _totals_text(head.totals),
        "ha": head.hash,
        "ca": head.created_ms,
        "lc": head.last_created_ms,
        "lg": head.logs,
        "dy": head.day,
        "mo": head.month,
    }
    counters = {
        "d0": head.today,
        "d1": head.tomorrow,
        "m0": head.this_month,
        "m1": head.following,
    }
    for name, figures in counters.items():
        if figures.requests:
            parts = (figures.requests, figures.tokens, figures.cost, figures.credits)
            item[name] = " ".join(map(str, parts))
    return item


def head_from(item: Item) -> Head:
    """The head of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    workspace_id, account_id = split_account_pk(text(item, "pk"))
    return Head(
        workspace_id=workspace_id,
        account_id=account_id,
        seq=number(item, "seq"),
        balance=number(item, "ba"),
        totals=totals_from(item),
        hash=binary(item, "ha"),
        created_ms=number(item, "ca"),
        last_created_ms=number(item, "lc"),
        logs=number(item, "lg"),
        day=text(item, "dy"),
        today=_counters_from(item, "d0"),
        tomorrow=_counters_from(item, "d1"),
        month=text(item, "mo"),
        this_month=_counters_from(item, "m0"),
        following=_counters_from(item, "m1"),
    )


def _counters_from(item: Item, name: str) -> Counters:
    if name not in item:
        return Counters()
    return Counters(*map(int, text(item, name).split(" ")))


def block_text(block: Block) -> str:
    """A blocking limit as it stands in the `bl` list of an account's limits and the workspace."""
    return f"{block.threshold_id}|{block.metric}|{block.period}|{block.limit}"


def blocks_from(item: Item | None) -> tuple[Block, ...]:
    """The blocking limits of an item's `bl` list.

    Raises:
        ValueError: one of them is none.
    """
    blocks = []
    for line in texts(item or {}, "bl"):
        threshold_id, metric, period, limit = line.split("|")
        blocks.append(
            Block(threshold_id, _known(METRICS, metric), _known(PERIODS, period), int(limit))
        )
    return tuple(blocks)
