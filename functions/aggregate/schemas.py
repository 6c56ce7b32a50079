"""The events: changes of the table's stream, accounts to take up again, cells to clear away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from aws_lambda_powertools import Logger

from shared.domain.folding import Arrival, Foldable
from shared.store.fold_items import arrival_of
from shared.store.schema import ENTRY_PREFIX, PROBE_SK

Event = Mapping[str, Any]
"""`{"Records": […]}` of the stream, `{"redrive": [{workspaceId, accountId}]}`, or `{"clear": {workspaceId,
generation, accounts}}`, where no accounts stand for the shared cells."""

Handler = Callable[[Event, Any], Mapping[str, Any]]

MAX_REDRIVEN: Final = 100
"""Accounts in one call: each may have a long journal to fold."""


class Retired(NamedTuple):
    """Cells of a generation that are to go."""

    workspace_id: str
    generation: int
    accounts: tuple[str, ...]


logger = Logger()


def arrivals_of(records: Iterable[Mapping[str, Any]]) -> list[Arrival]:
    """The journal entries that stream records bring; other changes are left out.

    A record whose key is no journal entry's belongs to no account that could wait for it: it is logged.
    """
    arrivals = []
    for record in records:
        change = record["dynamodb"]
        sort_key = change["Keys"]["sk"]["S"]
        if record["eventName"] != "INSERT" or not sort_key.startswith(ENTRY_PREFIX):
            continue
        try:
            arrivals.append(arrival_of(change))
        except ValueError:
            logger.exception("a journal key that is none", key=change["Keys"])
    return arrivals


def probe_of(records: Iterable[Mapping[str, Any]]) -> int | None:
    """When the newest probe among stream records was sent, in ms; None without any."""
    sent = [
        int(record["dynamodb"]["NewImage"]["at"]["N"])
        for record in records
        if record["dynamodb"]["Keys"]["sk"]["S"] == PROBE_SK and "NewImage" in record["dynamodb"]
    ]
    return max(sent, default=None)


def newest_ms(arrivals: Iterable[Arrival], default: int) -> int:
    """When the newest of the entries was committed; `default` where none of them tells."""
    steps = (arrival.step for arrival in arrivals)
    return max((step.created_ms for step in steps if isinstance(step, Foldable)), default=default)


def redriven_of(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The accounts to take up again, `(workspace_id, account_id)`, of `{workspaceId, accountId}` rows.

    Raises:
        ValueError: there are too many of them, or a row is none.
    """
    accounts = [(row.get("workspaceId"), row.get("accountId")) for row in rows]
    named = [(w, a) for w, a in accounts if w and isinstance(w, str) and a and isinstance(a, str)]
    if len(named) < len(accounts) or len(named) > MAX_REDRIVEN:
        raise ValueError(f"redrive takes up to {MAX_REDRIVEN} rows of workspaceId and accountId")
    return named


def retired_of(said: Mapping[str, Any]) -> Retired:
    """The cells to clear away.

    Raises:
        ValueError: it does not say which, or names too many accounts.
    """
    workspace_id, generation = said.get("workspaceId"), said.get("generation")
    accounts = said.get("accounts")
    named = isinstance(accounts, list) and all(isinstance(each, str) for each in accounts)
    if not isinstance(workspace_id, str) or type(generation) is not int or not named:
        raise ValueError("clear takes a workspaceId, a generation and accounts")
    if len(accounts or ()) > MAX_REDRIVEN:
        raise ValueError(f"clear takes up to {MAX_REDRIVEN} accounts")
    return Retired(workspace_id, generation, tuple(accounts or ()))
