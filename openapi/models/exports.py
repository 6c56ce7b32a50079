"""Exports."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from openapi.values import Count, Id, Money, Sha256, Timestamp, Url, View, absent

Progress = Annotated[
    Decimal, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1, "examples": [1]})
]


class UsageTotals(View):
    """Sums over the exported usage logs."""

    credits: Count
    cost: Money
    requests: Count
    total_tokens: Count


class TransactionTotals(View):
    """Sums over the exported transactions."""

    credits: Count
    debits: Count


class NoTotals(View):
    """An audit export has nothing to sum."""


class Export(View):
    """An export; `bytes`, `sha256` and `totals` are there once it is done."""

    id: Id
    kind: Literal["usage-logs", "transactions", "summary", "audit"]
    format: Literal["csv", "json", "jsonl", "parquet"]
    status: Literal["done", "running", "failed"]
    rows: Count
    bytes: Count = absent(examples=[10240])
    sha256: Sha256 = absent(shown=True)
    totals: UsageTotals | TransactionTotals | NoTotals = absent(
        examples=[{"credits": 210, "cost": 0.21, "requests": 42, "totalTokens": 63000}]
    )
    progress: Progress = Field(description="From 0 to 1.")
    created_at: Timestamp


class ExportAnswer(View):
    """An export, and where to fetch its files while that is possible."""

    export: Export
    download_url: Url = absent()
    manifest_url: Url = absent()
    expires_at: Timestamp = absent(description="When the addresses end; ask again for new ones.")


class FinishedExportAnswer(View):
    """An export that is done, and where to fetch its files."""

    export: Export
    download_url: Url
    manifest_url: Url
    expires_at: Timestamp = Field(description="When the addresses end; ask again for new ones.")


class StartedExportAnswer(View):
    """An export that runs as a job: ask for it by its id until it is done."""

    export: Export


class ExportList(View):
    """A page of exports."""

    exports: list[Export]
    total: Count
    page: Count = Field(examples=[1])
    limit: Count = Field(examples=[20])
    next_cursor: str = absent(examples=["MDE5YTlkMWM"])
