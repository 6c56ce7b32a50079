"""What a command's rules depend on, read in one consistent batch: settings, prices, limits, heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from shared.domain.errors import NotFoundError
from shared.domain.head import Head
from shared.domain.ledger import AccountTerms
from shared.domain.limits import Block
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock
from shared.store.budgets import NO_POOL, Pool, read_pool, watched
from shared.store.directory import account_of
from shared.store.items import BUDGETS, blocks_from, head_from
from shared.store.schema import (
    customer_key,
    head_key,
    limits_key,
    prices_key,
    workspace_key,
)
from shared.store.table import Item, Table
from shared.store.workspace_items import prices_from, workspace_from


@dataclass(frozen=True, slots=True)
class AccountState:
    """One account as read: its head (new when it has none yet) and the terms for it."""

    head: Head
    terms: AccountTerms


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workspace and some of its accounts, read at one time: `read_at` on the clock that never jumps.

    `pool` is what the workspace has used in the periods that its budgets watch.
    """

    workspace: Workspace
    read_at: float
    pool: Pool
    accounts: Mapping[str, AccountState] = field(default_factory=dict)


def read_snapshot(
    table: Table, clock: Clock, workspace_id: str, account_ids: Iterable[str]
) -> Snapshot:
    """Settings, prices, limits and heads, consistently; registrations and budgets where there are such.

    Raises:
        NotFoundError: there is no such workspace.
    """
    read_at = clock.monotonic()
    accounts = list(dict.fromkeys(account_ids))
    keys = [workspace_key(workspace_id), prices_key(workspace_id)]
    for account_id in accounts:
        keys += [head_key(workspace_id, account_id), limits_key(workspace_id, account_id)]
    found = table.get_many(keys)

    def item(key: Mapping[str, str]) -> Item | None:
        return found.get((key["pk"], key["sk"]))

    settings = item(workspace_key(workspace_id))
    if settings is None:
        raise NotFoundError("There is no such workspace.")
    workspace = workspace_from(settings)
    budgets = blocks_from(settings, BUDGETS)
    pool = NO_POOL
    if budgets:
        pool = read_pool(table, workspace, watched(budgets, clock.now_ms(), workspace.zone))
    terms = replace(
        _terms(workspace, item(prices_key(workspace_id)), blocks_from(settings)),
        budgets=budgets,
        used=pool.used,
    )
    registered = _registered(table, workspace, accounts)
    states = {}
    for account_id in accounts:
        head = item(head_key(workspace_id, account_id))
        states[account_id] = AccountState(
            Head(workspace_id, account_id) if head is None else head_from(head),
            replace(
                terms,
                registered=account_id in registered,
                blocks=_blocks(terms.blocks, item(limits_key(workspace_id, account_id))),
            ),
        )
    return Snapshot(workspace, read_at, pool, states)


def read_users(
    table: Table, clock: Clock, workspace_id: str, secret: bytes, user_ids: Iterable[str]
) -> tuple[Snapshot, dict[str, str]]:
    """A snapshot with the accounts of users, and which account is whose.

    An account whose user was erased says with its head which one the same id goes on with, so only such
    a user costs another read. An account's own id is taken as it is.

    Raises:
        NotFoundError: there is no such workspace.
    """
    accounts = {user_id: account_of(secret, user_id) for user_id in user_ids}
    while True:
        snapshot = read_snapshot(table, clock, workspace_id, accounts.values())
        heads = {user_id: snapshot.accounts[a].head for user_id, a in accounts.items()}
        moved = {
            user_id: account_of(secret, user_id, head.next_generation)
            for user_id, head in heads.items()
            if head.erased and head.account_id != user_id
        }
        if not moved:
            return snapshot, accounts
        accounts |= moved


def _terms(workspace: Workspace, prices: Item | None, blocks: tuple[Block, ...]) -> AccountTerms:
    return AccountTerms(
        workspace.pricing_terms(prices_from(prices)),
        workspace.currency,
        workspace.zone,
        workspace.enforce_credits,
        workspace.retention_days,
        workspace.kept_since_ms,
        blocks=blocks,
    )


def _blocks(for_all: tuple[Block, ...], own: Item | None) -> tuple[Block, ...]:
    return for_all if own is None else for_all + blocks_from(own)


def _registered(table: Table, workspace: Workspace, accounts: list[str]) -> frozenset[str]:
    """Accounts that may be charged: all, unless the workspace charges registered customers only."""
    if not workspace.registered_only:
        return frozenset(accounts)
    keys = [customer_key(workspace.workspace_id, account_id) for account_id in accounts]
    found = table.get_many(keys)
    return frozenset(sk for (_, sk), customer in found.items() if customer["ac"])
