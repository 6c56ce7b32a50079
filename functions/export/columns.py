"""Columns of the files: the members of the JSON objects, in order, with their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Literal

from shared.domain.exports import AUDIT, SUMMARY, TRANSACTIONS, Selection

Row = Mapping[str, object]
"""A row as the API shows it: a JSON object."""

ColumnType = Literal["text", "integer", "money", "rate", "mean", "flag", "time", "json"]
"""`rate` and `mean` are decimals with six and two places. `json` stands for objects and lists, which CSV
and Parquet hold as their JSON text."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `tokens.input` is the member `input` of the object `tokens`."""

    name: str
    type: ColumnType = "text"


USAGE_COLUMNS: Final = (
    Column("id"),
    Column("workspaceId"),
    Column("userId"),
    Column("service"),
    Column("provider"),
    Column("model"),
    Column("tokens.input", "integer"),
    Column("tokens.output", "integer"),
    Column("tokens.cachedInput", "integer"),
    Column("tokens.cacheWrite", "integer"),
    Column("tokens.reasoning", "integer"),
    Column("tokens.total", "integer"),
    Column("credits", "integer"),
    Column("cost", "money"),
    Column("currency"),
    Column("unpriced", "flag"),
    Column("status"),
    Column("errorCode"),
    Column("responseTimeMs", "integer"),
    Column("responseBytes", "integer"),
    Column("country"),
    Column("platform"),
    Column("requestId"),
    Column("metadata", "json"),
    Column("occurredAt", "time"),
    Column("createdAt", "time"),
    Column("transactionId"),
    Column("receipt.priceBook"),
    Column("receipt.matched", "json"),
    Column("receipt.exchangeRate", "money"),
    Column("receipt.basis"),
    Column("receipt.rates", "json"),
    Column("receipt.lines", "json"),
    Column("receipt.creditValue", "money"),
    Column("receipt.creditsBasis"),
    Column("receipt.arithmetic"),
    Column("repriced.repricingId"),
    Column("repriced.cost", "money"),
    Column("repriced.credits", "integer"),
    Column("repriced.receipt", "json"),
)
TRANSACTION_COLUMNS: Final = (
    Column("id"),
    Column("accountId"),
    Column("userId"),
    Column("seq", "integer"),
    Column("amount", "integer"),
    Column("type"),
    Column("reason"),
    Column("balanceAfter", "integer"),
    Column("note"),
    Column("metadata", "json"),
    Column("usageLogIds", "json"),
    Column("refundOf"),
    Column("paid.amount", "money"),
    Column("paid.currency"),
    Column("hash"),
    Column("createdAt", "time"),
)
AUDIT_COLUMNS: Final = (
    Column("id"),
    Column("at", "time"),
    Column("actor"),
    Column("role"),
    Column("action"),
    Column("resource"),
    Column("outcome"),
    Column("status", "integer"),
    Column("ip"),
    Column("requestId"),
)
SUMMARY_COLUMNS: Final = (
    Column("key"),
    Column("requests", "integer"),
    Column("errors", "integer"),
    Column("errorRate", "rate"),
    Column("tokens.input", "integer"),
    Column("tokens.output", "integer"),
    Column("tokens.cachedInput", "integer"),
    Column("tokens.cacheWrite", "integer"),
    Column("tokens.reasoning", "integer"),
    Column("tokens.total", "integer"),
    Column("credits", "integer"),
    Column("cost", "money"),
    Column("averageResponseTimeMs", "mean"),
    Column("p95ResponseTimeMs", "integer"),
    Column("averageResponseBytes", "mean"),
    Column("tokensPerSecond", "mean"),
)
OF_KIND: Final = {
    TRANSACTIONS: TRANSACTION_COLUMNS,
    AUDIT: AUDIT_COLUMNS,
    SUMMARY: SUMMARY_COLUMNS,
}
REVEALING: Final = frozenset({"metadata", "requestId"})
"""Columns of usage logs that may name a user, left out where users are pseudonymous."""


def values_reader(columns: Sequence[Column]) -> Callable[[Row], list[object]]:
    """What takes the values of all columns out of a row, in their order; None where the row has none.

    Columns of one object stand side by side, so it is looked up once for all of them.
    """
    names = [column.name.partition(".")[::2] for column in columns]
    plain = [(None, [outer]) if not inner else (outer, [inner]) for outer, inner in names]
    grouped = [(of, [name for _, (name,) in group]) for of, group in groupby(plain, itemgetter(0))]

    def read(row: Row) -> list[object]:
        values: list[object] = []
        for of, members in grouped:
            found: Any = row if of is None else row.get(of)
            values += [None] * len(members) if found is None else map(found.get, members)
        return values

    return read


def columns_of(selection: Selection) -> tuple[Column, ...]:
    """The columns of a selection's rows, in order."""
    if selection.kind in OF_KIND:
        return OF_KIND[selection.kind]
    if selection.pseudonymous:
        return tuple(column for column in USAGE_COLUMNS if column.name not in REVEALING)
    return USAGE_COLUMNS
