"""Usage logs as rows of the archive's files, there and back.

What a repricing made of a log stands in its row: `cost`, `credits` and `unpriced` are what was recorded,
`current_…` what counts now. Users are not in the files, only accounts; what an erasure takes out of a row
are its texts. Fingerprints and the commits' marks stay in the table: they serve repeats, which end there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from shared.adapters.parquet import Columns, Field, read_parquet
from shared.domain.calendar import utc_text
from shared.domain.money import MONEY_PLACES, money
from shared.domain.tokens import Tokens
from shared.domain.usage import Repriced, UsageLog
from shared.store.log_items import decode_receipt, encode_receipt

LOG_FIELDS: Final = (
    Field("id"),
    Field("account_id"),
    Field("transaction_seq", "integer"),
    Field("service"),
    Field("provider"),
    Field("model"),
    Field("tokens_input", "integer"),
    Field("tokens_output", "integer"),
    Field("tokens_cached_input", "integer"),
    Field("tokens_cache_write", "integer"),
    Field("tokens_reasoning", "integer"),
    Field("tokens_total", "integer"),
    Field("credits", "integer"),
    Field("cost", "decimal", MONEY_PLACES),
    Field("currency"),
    Field("unpriced", "flag"),
    Field("failed", "flag"),
    Field("error_code"),
    Field("response_time_ms", "integer"),
    Field("response_bytes", "integer"),
    Field("country"),
    Field("platform"),
    Field("request_id"),
    Field("metadata"),
    Field("occurred_at", "time"),
    Field("created_at", "time"),
    Field("receipt"),
    Field("current_credits", "integer"),
    Field("current_cost", "decimal", MONEY_PLACES),
    Field("current_unpriced", "flag"),
    Field("repricing_id"),
    Field("repricing_seq", "integer"),
    Field("repricing_receipt"),
    Field("repricing_cost_difference", "decimal", MONEY_PLACES),
    Field("repricing_credit_difference", "integer"),
)
NAMES: Final = tuple(field.name for field in LOG_FIELDS)


def log_columns(logs: Sequence[UsageLog]) -> Columns:
    """Logs as columns of a file."""
    rows = list(map(_row, logs))
    return [[row[place] for row in rows] for place in range(len(LOG_FIELDS))]


def read_logs(workspace_id: str, data: bytes) -> Iterator[list[UsageLog]]:
    """The logs of a file, some at a time.

    Raises:
        ValueError: it is no such file.
    """
    for columns in read_parquet(LOG_FIELDS, data):
        yield [_log(workspace_id, values) for values in zip(*columns, strict=True)]


def _row(log: UsageLog) -> tuple[object, ...]:
    tokens, now, again = log.tokens, log.current, log.repriced
    whole = tokens is not None and tokens.input is not None
    repriced: tuple[object, ...] = (None,) * 5
    if again is not None:
        repriced = (
            again.repricing_id,
            again.seq,
            encode_receipt(again.receipt),
            money(again.cost_difference),
            again.credit_difference,
        )
    return (
        log.log_id,
        log.account_id,
        log.seq,
        log.service,
        log.provider,
        log.model,
        tokens.input if tokens else None,
        tokens.output if tokens else None,
        tokens.cached_input if tokens and whole else None,
        tokens.cache_write if tokens and whole else None,
        tokens.reasoning if tokens and whole else None,
        tokens.total if tokens else None,
        log.credits,
        money(log.cost_picos),
        log.currency,
        log.unpriced,
        log.failed,
        log.error_code,
        log.response_time_ms,
        log.response_bytes,
        log.country,
        log.platform,
        log.request_id,
        log.metadata,
        utc_text(log.occurred_ms),
        utc_text(log.created_ms),
        encode_receipt(log.receipt),
        now.credits,
        money(now.cost_picos),
        now.unpriced,
        *repriced,
    )


def _log(workspace_id: str, values: Sequence[Any]) -> UsageLog:
    row = dict(zip(NAMES, values, strict=True))
    return UsageLog(
        workspace_id=workspace_id,
        account_id=row["account_id"],
        log_id=row["id"],
        seq=row["transaction_seq"],
        service=row["service"],
        provider=row["provider"],
        model=row["model"],
        tokens=_tokens(row),
        credits=row["credits"],
        cost_picos=_picos(row["cost"]),
        currency=row["currency"],
        unpriced=row["unpriced"],
        failed=row["failed"],
        error_code=row["error_code"],
        response_time_ms=row["response_time_ms"],
        response_bytes=row["response_bytes"],
        country=row["country"],
        platform=row["platform"],
        request_id=row["request_id"],
        metadata=row["metadata"],
        occurred_ms=row["occurred_at"],
        created_ms=row["created_at"],
        receipt=decode_receipt(row["receipt"]),
        nonce=b"",
        fingerprint={},
        repriced=_repriced(row),
    )


def _tokens(row: dict[str, Any]) -> Tokens | None:
    if row["tokens_total"] is None:
        return None
    if row["tokens_input"] is None:
        return Tokens(row["tokens_total"])
    return Tokens.of_parts(
        row["tokens_input"],
        row["tokens_output"],
        row["tokens_cached_input"],
        row["tokens_cache_write"],
        row["tokens_reasoning"],
    )


def _repriced(row: dict[str, Any]) -> Repriced | None:
    if row["repricing_id"] is None:
        return None
    return Repriced(
        row["repricing_id"],
        row["repricing_seq"],
        _picos(row["current_cost"]),
        row["current_credits"],
        decode_receipt(row["repricing_receipt"]),
        _picos(row["repricing_cost_difference"]),
        row["repricing_credit_difference"],
    )


def _picos(amount: Decimal) -> int:
    return int(amount.scaleb(MONEY_PLACES))
