"""Items of the ledger: usage logs, journal entries, account heads. Each carries its schema version.

Attribute names are short because items are billed by the kilobyte; `docs/data-model.md` has the list.
A user's id stands in none of them.
"""

from __future__ import annotations

from typing import Final

from shared.domain.calendar import utc_text
from shared.domain.digests import decode_digest, encode_digest
from shared.domain.head import Counters, Head, Metric, Period
from shared.domain.journal import REASONS, Entry, EntryType, Paid, Reason, RunningTotals
from shared.domain.limits import Block
from shared.domain.transactions import ListedEntry
from shared.store.schema import (
    ENTRY_PREFIX,
    SCHEMA_VERSION,
    entry_key,
    head_key,
    journal_index_pk,
    journal_index_sk,
    split_account_pk,
)
from shared.store.table import (
    Item,
    binary,
    known,
    number,
    optional_text,
    readable,
    text,
    texts,
)

TYPES: Final[dict[str, EntryType]] = {"debit": "debit", "credit": "credit"}
REASON_OF: Final[dict[str, Reason]] = {reason: reason for reason in REASONS}
METRICS: Final[dict[str, Metric]] = {
    "tokens": "tokens",
    "cost": "cost",
    "credits": "credits",
    "requests": "requests",
}
COUNTED: Final = "bu"
"""On an entry: the days and months on whose budgets its commit has counted it."""

PERIODS: Final[dict[str, Period]] = {"daily": "daily", "monthly": "monthly"}


def entry_item(entry: Entry) -> Item:
    """A journal entry, with its place in the workspace's journal index."""
    item: Item = {
        **entry_key(entry.workspace_id, entry.account_id, entry.seq),
        "jk": journal_index_pk(entry.workspace_id, entry.account_id, (entry.reason, entry.type)),
        "js": journal_index_sk(utc_text(entry.created_ms), entry.account_id, entry.seq),
        "v": SCHEMA_VERSION,
        "seq": entry.seq,
        "ty": entry.type,
        "rs": entry.reason,
        "am": entry.amount,
        "ba": entry.balance_after,
        "rt": totals_text(entry.totals),
        "ca": entry.created_ms,
        "nn": entry.nonce,
        "sa": entry.salt,
        "ph": entry.previous_hash,
        "ha": entry.hash,
    }
    if entry.log_ids:
        item["ids"] = list(entry.log_ids)
    if entry.digest:
        item |= {"dg": encode_digest(entry.digest), "svc": " ".join(entry.names)}
    if entry.note is not None:
        item |= {"nt": entry.note, "nc": entry.note_commitment}
    if entry.metadata is not None:
        item |= {"md": entry.metadata, "mc": entry.metadata_commitment}
    if entry.refund_of is not None:
        item["rf"] = entry.refund_of
    if entry.paid is not None:
        item["pd"] = f"{entry.paid.amount_picos} {entry.paid.currency}"
    if entry.counted:
        item[COUNTED] = list(entry.counted)
    return item


def entry_from(item: Item) -> Entry:
    """The journal entry of an item.

    Raises:
        ValueError: an attribute is missing or of another type, or the digest is none.
    """
    readable(item)
    workspace_id, account_id = split_account_pk(text(item, "pk"))
    seq = int(text(item, "sk").removeprefix(ENTRY_PREFIX))
    if number(item, "seq") != seq:
        raise ValueError("the entry's number is not its key's")
    return Entry(
        workspace_id=workspace_id,
        account_id=account_id,
        seq=seq,
        type=known(TYPES, text(item, "ty")),
        reason=known(REASON_OF, text(item, "rs")),
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
        counted=texts(item, COUNTED),
    )


def listed_from(item: Item) -> ListedEntry:
    """What a row of the journal index shows of an entry.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    _, account_id = split_account_pk(text(item, "pk"))
    return ListedEntry(
        account_id=account_id,
        seq=number(item, "seq"),
        type=known(TYPES, text(item, "ty")),
        reason=known(REASON_OF, text(item, "rs")),
        amount=number(item, "am"),
        balance_after=number(item, "ba"),
        created_ms=number(item, "ca"),
        log_ids=texts(item, "ids"),
        note=optional_text(item, "nt"),
        metadata=optional_text(item, "md"),
        refund_of=optional_text(item, "rf"),
        paid=_paid_from(optional_text(item, "pd")),
        hash=binary(item, "ha"),
        names=tuple((optional_text(item, "svc") or "").split()),
    )


def totals_text(totals: RunningTotals) -> str:
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
    """An account's head; what is zero of counters and generation is left out."""
    item: Item = {
        **head_key(head.workspace_id, head.account_id),
        "v": SCHEMA_VERSION,
        "seq": head.seq,
        "ba": head.balance,
        "rt": totals_text(head.totals),
        "ha": head.hash,
        "ca": head.created_ms,
        "lc": head.last_created_ms,
        **counters_item(head),
    }
    return item | {"nx": head.next_generation} if head.erased else item


def counters_item(head: Head) -> Item:
    """The counters of a head, which its journal entry carries as well: so they are known for ever."""
    item: Item = {"lg": head.logs, "dy": head.day, "mo": head.month}
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
    readable(item)
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
        next_generation=number(item, "nx", 0),
    )


def head_at(entry: Item, head: Head) -> Head:
    """An account's head as it was right after an entry, from the entry's item; `head` is any later one.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    then: Item = {**entry, "lc": number(entry, "ca"), "ca": head.created_ms}
    return head_from(then)


def _counters_from(item: Item, name: str) -> Counters:
    if name not in item:
        return Counters()
    return Counters(*map(int, text(item, name).split(" ")))


BLOCKS: Final = "bl"
"""Blocking limits on users: of one in the account's limits, of each in the workspace's settings."""

BUDGETS: Final = "wb"
"""Blocking limits on the workspace, in its settings."""


def block_text(block: Block) -> str:
    """A blocking limit as it stands in a list of them."""
    return f"{block.threshold_id}|{block.metric}|{block.period}|{block.limit}"


def blocks_from(item: Item | None, name: str = BLOCKS) -> tuple[Block, ...]:
    """The blocking limits of an item's list of them.

    One that is not understood here comes from a later release. It is left out: recording must go on after
    a release is rolled back, and who watches thresholds reports the one it belongs to.
    """
    blocks = (_block_of(line) for line in texts(item or {}, name))
    return tuple(block for block in blocks if block is not None)


def _block_of(line: str) -> Block | None:
    try:
        threshold_id, metric, period, limit = line.split("|")
        return Block(threshold_id, known(METRICS, metric), known(PERIODS, period), int(limit))
    except ValueError:
        return None
