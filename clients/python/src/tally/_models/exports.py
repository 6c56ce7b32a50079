"""Exports and what they prove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

Format = Literal["csv", "json", "jsonl", "parquet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export; `bytes`, `sha256` and `totals` are there once it is done. `progress` is 0–1."""

    id: str
    kind: str
    format: Format
    status: Literal["done", "running", "failed"]
    rows: int
    bytes: int | None = None
    sha256: str | None = None
    totals: Mapping[str, Any] | None = None
    progress: Decimal
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportState:
    """An export, and where to fetch its files once it is done. The addresses end at `expires_at`."""

    export: Export
    download_url: str | None = None
    manifest_url: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a complete file has: rows, sums, bytes and SHA-256."""

    export_id: str
    kind: str
    format: Format
    rows: int
    totals: Mapping[str, Any]
    bytes: int
    sha256: str
    filters: Mapping[str, Any] | None = None
    range: Mapping[str, Any] | None = None
    columns: tuple[str, ...] | None = None
    order: Any = None
    created_at: datetime
