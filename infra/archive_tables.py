"""The tables that engines see in the archive. Their columns are those of the files, which tests check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveTable:
    """One table, parted by workspace and `by` a day or month in a Java date `format`, from `first` on."""

    name: str
    by: Literal["day", "month"]
    format: str
    first: str
    unit: Literal["DAYS", "MONTHS"]
    text: str

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Names and types of the columns."""
        lines = (line.split() for line in self.text.strip().splitlines())
        return [(name, type_) for name, type_ in lines]

    @property
    def construct_id(self) -> str:
        """`usage_logs` → `UsageLogs`."""
        return "".join(word.title() for word in self.name.split("_"))


TABLES: Final = (
    ArchiveTable(
        name="usage_logs",
        by="day",
        format="yyyy-MM-dd",
        first="2026-01-01",
        unit="DAYS",
        text="""
            id string
            account_id string
            transaction_seq bigint
            service string
            provider string
            model string
            tokens_input bigint
            tokens_output bigint
            tokens_cached_input bigint
            tokens_cache_write bigint
            tokens_reasoning bigint
            tokens_total bigint
            credits bigint
            cost decimal(38,12)
            currency string
            unpriced boolean
            failed boolean
            error_code string
            response_time_ms bigint
            response_bytes bigint
            country string
            platform string
            request_id string
            metadata string
            occurred_at timestamp
            created_at timestamp
            receipt string
            current_credits bigint
            current_cost decimal(38,12)
            current_unpriced boolean
            repricing_id string
            repricing_seq bigint
            repricing_receipt string
            repricing_cost_difference decimal(38,12)
            repricing_credit_difference bigint
        """,
    ),
    ArchiveTable(
        name="journal",
        by="month",
        format="yyyy-MM",
        first="2026-01",
        unit="MONTHS",
        text="""
            account_id string
            seq bigint
            type string
            reason string
            amount bigint
            balance_after bigint
            totals string
            created_at timestamp
            log_ids string
            digest string
            note_commitment string
            metadata_commitment string
            refund_of string
            paid_amount decimal(38,12)
            paid_currency string
            nonce string
            previous_hash string
            hash string
        """,
    ),
)
