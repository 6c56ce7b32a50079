"""Every key of the table, and nothing that touches it: the only place where a key is spelled.

The workspace is part of every partition key, so no query can return another workspace's item. Some keys
serve all workspaces and are reached by no workspace's route: the `ops` index (workspaces, alerts that wait,
work under way), the register of mail addresses, counters of bad credentials, names of connections.

Ids never contain `#` or `|` (see `shared.domain.ids`), so parts cannot run into each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SCHEMA_VERSION: Final = 1

PK: Final = "pk"
SK: Final = "sk"
TTL_ATTRIBUTE: Final = "ttl"


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: its key attributes, and what it carries (empty `include`: all)."""

    name: str
    partition_key: str
    sort_key: str
    include: tuple[str, ...] = ()


HISTORY: Final = Index("history", "hk", "hs")
JOURNAL: Final = Index(
    "journal",
    "jk",
    "js",
    ("seq", "ty", "rs", "am", "ba", "ca", "nt", "md", "ids", "svc", "rf", "pd", "ha"),
)
ACTIVE: Final = Index(
    "active", "ak", "as", ("rq", "er", "ti", "ot", "tc", "tw", "tr", "tt", "cr", "cs")
)
OPS: Final = Index("ops", "ok", "os")
TABLE_INDEXES: Final = (HISTORY, JOURNAL, ACTIVE, OPS)

JOURNAL_SHARDS: Final = 4
USAGE: Final = "usage"
"""The kind of entries that the journal index spreads over shards."""
AUDIT_SHARDS: Final = 4
"""A partition takes a thousand writes a second and the gateway lets twice that through."""
DIRECTORY_SHARDS: Final = 16
ENTRY_PREFIX: Final = "J#"
SEAL_PREFIX: Final = "SEAL#"
HEAD_SK: Final = "HEAD"
REPRICED_SK: Final = "REPRICED"
VERSION_SK: Final = "VERSION"
DAY_TOTAL_PREFIX: Final = "DAY#"
MONTH_TOTAL_PREFIX: Final = "MONTH#"
TEST_ALERT_PREFIX: Final = "al_t"
"""Test alerts are delivered from the stream; all others by whoever records them."""
MAX_SEQ: Final = 999_999_999_999
"""Sequence numbers stand in keys with twelve digits: a million entries a second for eleven days."""
Key = dict[str, str]
"""The primary key of an item: its `pk` and `sk`."""


def workspace_pk(workspace_id: str) -> str:
    """Settings and lists that belong to a workspace as a whole."""
    return f"W#{workspace_id}"


def split_workspace_pk(pk: str) -> str:
    """The workspace id of the partition of a workspace as a whole.

    Raises:
        ValueError: the key is another's.
    """
    parts = pk.split("#")
    if len(parts) != 2 or parts[0] != "W":
        raise ValueError(f"not a workspace's key: {pk!r}")
    return parts[1]


def account_pk(workspace_id: str, account_id: str) -> str:
    """Everything of one account: head, journal, cursor, private cells."""
    return f"W#{workspace_id}#A#{account_id}"


def split_account_pk(pk: str) -> tuple[str, str]:
    """`(workspace_id, account_id)` of an account's partition key.

    Raises:
        ValueError: the key is not an account's.
    """
    parts = pk.split("#")
    if len(parts) != 4 or parts[0] != "W" or parts[2] != "A":
        raise ValueError(f"not an account key: {pk!r}")
    return parts[1], parts[3]


def workspace_key(workspace_id: str) -> Key:
    """A workspace's settings."""
    return {"pk": workspace_pk(workspace_id), "sk": "WORKSPACE"}


def prices_key(workspace_id: str) -> Key:
    """A workspace's own prices, all in one item."""
    return {"pk": workspace_pk(workspace_id), "sk": "PRICES"}


def version_key(workspace_id: str) -> Key:
    """Counts what changed of all that a workspace's statistics are answered from."""
    return {"pk": workspace_pk(workspace_id), "sk": VERSION_SK}


def api_key_key(workspace_id: str, key_id: str) -> Key:
    """An API key (its hash, scopes, revocation)."""
    return {"pk": f"{workspace_pk(workspace_id)}#KEYS", "sk": key_id}


def log_key(workspace_id: str, log_id: str) -> Key:
    """A usage log."""
    return {"pk": f"{workspace_pk(workspace_id)}#L#{log_id}", "sk": "LOG"}


def repriced_key(workspace_id: str, log_id: str) -> Key:
    """What the latest repricing made of a usage log."""
    return {"pk": log_key(workspace_id, log_id)["pk"], "sk": REPRICED_SK}


def head_key(workspace_id: str, account_id: str) -> Key:
    """An account's head: balance, sequence, hash, counters."""
    return {"pk": account_pk(workspace_id, account_id), "sk": HEAD_SK}


def limits_key(workspace_id: str, account_id: str) -> Key:
    """Blocking limits set for one account."""
    return {"pk": account_pk(workspace_id, account_id), "sk": "LIMITS"}


def entry_key(workspace_id: str, account_id: str, seq: int) -> Key:
    """A journal entry."""
    return {"pk": account_pk(workspace_id, account_id), "sk": entry_sk(seq)}


def entry_sk(seq: int) -> str:
    """The sort key of journal entry `seq` (1 …)."""
    assert 0 <= seq <= MAX_SEQ
    return f"{ENTRY_PREFIX}{seq:012d}"


def seal_key(workspace_id: str, account_id: str, seq: int) -> Key:
    """A signed state of an account after entry `seq`."""
    return {"pk": account_pk(workspace_id, account_id), "sk": f"{SEAL_PREFIX}{seq:012d}"}


def customer_key(workspace_id: str, account_id: str) -> Key:
    """A customer's registration."""
    return {"pk": f"{workspace_pk(workspace_id)}#CUSTOMERS", "sk": account_id}


def refunded_key(workspace_id: str, account_id: str, seq: int) -> Key:
    """What has been refunded of journal entry `seq`."""
    return {"pk": account_pk(workspace_id, account_id), "sk": f"REFUNDED#{seq:012d}"}


def directory_pk(workspace_id: str, shard: int) -> str:
    """One of the `DIRECTORY_SHARDS` partitions of a workspace's account directory."""
    return f"{workspace_pk(workspace_id)}#DIR#{shard:x}"


def directory_key(workspace_id: str, account_id: str) -> Key:
    """The directory entry of an account: the one item that holds the user's id."""
    return {"pk": directory_pk(workspace_id, directory_shard(account_id)), "sk": account_id}


def directory_shard(account_id: str) -> int:
    """The part of the directory that an account stands in."""
    return int(account_id[-1], 16) % DIRECTORY_SHARDS


def idempotency_key(workspace_id: str, scope: str, key: str) -> Key:
    """What a POST that is not a usage log made (`scope` names the path)."""
    return {"pk": f"{workspace_pk(workspace_id)}#K#{scope}#{key}", "sk": "KEY"}


def cursor_key(workspace_id: str, account_id: str, generation: int) -> Key:
    """How far an account's journal is folded into shared cells."""
    return {"pk": account_pk(workspace_id, account_id), "sk": f"CURSOR#{generation}"}


def parked_key(workspace_id: str, account_id: str, generation: int) -> Key:
    """Marks an account whose next entry could not be folded."""
    return {"pk": account_pk(workspace_id, account_id), "sk": f"PARKED#{generation}"}


def private_prefix(generation: int, family: str | None = None) -> str:
    """Sort-key prefix of an account's private cells of one family, or of all."""
    return f"C#{generation}#" if family is None else f"C#{generation}#{family}#"


def shared_pk(workspace_id: str, generation: int, family: str) -> str:
    """One family of a workspace's shared cells."""
    return f"{workspace_pk(workspace_id)}#C#{generation}#{family}"


def split_shared_pk(pk: str) -> tuple[str, int, str]:
    """`(workspace_id, generation, family)` of a shared cell's partition.

    Raises:
        ValueError: the key is not a shared cell's.
    """
    parts = pk.split("#")
    if len(parts) != 5 or parts[0] != "W" or parts[2] != "C":
        raise ValueError(f"not a shared cell's key: {pk!r}")
    return parts[1], int(parts[3]), parts[4]


def budget_key(workspace_id: str, period: str, shard: int) -> Key:
    """One of the counters of what commits have counted on a workspace's budgets of a day or month."""
    return {"pk": f"{workspace_pk(workspace_id)}#B#{shard}", "sk": f"BUDGET#{period}"}


def threshold_key(workspace_id: str, threshold_id: str) -> Key:
    """A threshold."""
    return {"pk": thresholds_pk(workspace_id), "sk": threshold_id}


def thresholds_pk(workspace_id: str) -> str:
    """All thresholds of a workspace."""
    return f"{workspace_pk(workspace_id)}#THRESHOLDS"


def alert_key(workspace_id: str, alert_id: str) -> Key:
    """An alert."""
    return {"pk": f"{workspace_pk(workspace_id)}#ALERTS", "sk": alert_id}


def export_key(workspace_id: str, export_id: str) -> Key:
    """An export and its state."""
    return {"pk": f"{workspace_pk(workspace_id)}#EXPORTS", "sk": export_id}


def audit_pk(workspace_id: str, shard: int) -> str:
    """One of the `AUDIT_SHARDS` partitions of a workspace's audit trail, each in order of time.

    What operators do outside of any workspace has an empty workspace id.
    """
    return f"{workspace_pk(workspace_id)}#AUDIT#{shard}"


def audit_key(workspace_id: str, entry_id: str) -> Key:
    """An entry of the audit trail."""
    return {"pk": audit_pk(workspace_id, int(entry_id[-1], 16) % AUDIT_SHARDS), "sk": entry_id}


def rate_key(workspace_id: str, caller: str) -> Key:
    """How often a caller asked of late."""
    return {"pk": f"{workspace_pk(workspace_id)}#RATE#{caller}", "sk": "RATE"}


def source_key(network: str) -> Key:
    """How often a network address sent a bad credential of late. It belongs to no workspace."""
    return {"pk": f"SOURCE#{network}", "sk": "RATE"}


GATE_KEYS: Final = {
    "PutItem": ("W#*#AUDIT#*",),
    "UpdateItem": ("W#*#RATE#*", "SOURCE#*", "W#*#DIR#*"),
}
"""Partition keys (`*` for anything) that every function that answers callers writes: the trail of what
they did, the counters of their requests, and who they are. No id holds a `#`, so no other key fits."""


def repricing_key(workspace_id: str, repricing_id: str) -> Key:
    """A repricing and its state."""
    return {"pk": f"{workspace_pk(workspace_id)}#REPRICINGS", "sk": repricing_id}


def tally_key(workspace_id: str, account_id: str, repricing_id: str) -> Key:
    """What a repricing posted on an account."""
    return {"pk": account_pk(workspace_id, account_id), "sk": f"REPRICING#{repricing_id}"}


def erasure_key(workspace_id: str, account_id: str) -> Key:
    """The erasure of the user who was behind an account."""
    return {"pk": f"{workspace_pk(workspace_id)}#ERASURES", "sk": account_id}


def archive_key(workspace_id: str, name: str) -> Key:
    """How far a unit of a workspace's archive is; `PROGRESS`: how far all of it."""
    return {"pk": f"{workspace_pk(workspace_id)}#ARCHIVE", "sk": name}


def address_key(address_hash: str) -> Key:
    """The SNS subscription of a mail address: SNS keeps one per address, whatever the workspace."""
    return {"pk": f"ADDRESS#{address_hash}", "sk": "SUBSCRIPTION"}


def listeners_pk(workspace_id: str) -> str:
    """The connections that listen for changes of a workspace."""
    return f"{workspace_pk(workspace_id)}#LIVE"


def listener_key(workspace_id: str, connection_id: str) -> Key:
    """A connection that listens."""
    return {"pk": listeners_pk(workspace_id), "sk": connection_id}


def connection_key(connection_id: str) -> Key:
    """The same connection by its own name: its end tells no more than that. It leads to its workspace."""
    return {"pk": f"CONNECTION#{connection_id}", "sk": "CONNECTION"}


LIVE_KEYS: Final = {
    "PutItem": ("W#*#LIVE", "CONNECTION#*"),
    "DeleteItem": ("W#*#LIVE", "CONNECTION#*"),
    "UpdateItem": ("W#*#RATE#*", "SOURCE#*"),
}
"""Partition keys that the function of connections writes: they, and the counters of their hellos."""
SYSTEM_PK: Final = "SYSTEM"
PROBE_SK: Final = "PROBE"
"""Sort key of the probe that measures how far the stream's consumer is behind."""
ECHO_SK: Final = "ECHO"
"""Of the newest probe that the stream's consumer has seen."""
NIGHTLY_SK: Final = "NIGHTLY"
"""Of what the nightly jobs said last."""
NIGHT_SK: Final = "NIGHT"
"""Of how far the night's proof of everything is."""


def system_key(sort_key: str) -> Key:
    """An item of the system's own."""
    return {"pk": SYSTEM_PK, "sk": sort_key}


def logs_history(workspace_id: str, account_id: str) -> str:
    """History partition of an account's usage logs, by time of occurrence."""
    return account_pk(workspace_id, account_id)


def alerts_history(workspace_id: str) -> str:
    """History partition of a workspace's alerts, by time of creation."""
    return f"{workspace_pk(workspace_id)}#ALERTS"


def history_sk(at: str, item_id: str) -> str:
    """History sort key: `at` is an RFC 3339 time in UTC with milliseconds."""
    return f"{at}#{item_id}"


def beside_sk(log_sk: str) -> str:
    """History sort key of what stands beside a log: right after it, for `#` sorts before every id."""
    return f"{log_sk}#{REPRICED_SK}"


def journal_index_pk(workspace_id: str, account_id: str, kind: tuple[str, str]) -> str:
    """Journal index partition of an entry: a workspace's entries of one kind in time order.

    Every filter of reason and type takes whole partitions. Usage, nearly all there is, is spread over
    `JOURNAL_SHARDS` of them.
    """
    shard = int(account_id[-1], 16) % JOURNAL_SHARDS
    return _journal_pk(workspace_id, kind, shard if kind[0] == USAGE else None)


def journal_index_pks(workspace_id: str, kind: tuple[str, str]) -> tuple[str, ...]:
    """All partitions of the journal index that hold a workspace's entries of one kind."""
    if kind[0] != USAGE:
        return (_journal_pk(workspace_id, kind, None),)
    return tuple(_journal_pk(workspace_id, kind, shard) for shard in range(JOURNAL_SHARDS))


def _journal_pk(workspace_id: str, kind: tuple[str, str], shard: int | None) -> str:
    pk = f"{workspace_pk(workspace_id)}#J#{kind[0]}#{kind[1]}"
    return pk if shard is None else f"{pk}#{shard}"


def journal_index_sk(at: str, account_id: str, seq: int) -> str:
    """Journal index sort key: `at` is an RFC 3339 time in UTC with milliseconds."""
    return f"{at}#{account_id}#{seq:012d}"


def users_index_pk(workspace_id: str) -> str:
    """Journal index partition that lists a workspace's accounts by their users' ids."""
    return f"{workspace_pk(workspace_id)}#USERS"


def active_pk(workspace_id: str, generation: int, period: str) -> str:
    """Active accounts of a local day (`2026-11-20`) or month (`2026-11`)."""
    return f"{workspace_pk(workspace_id)}#U#{generation}#{period}"


PENDING_ALERTS: Final = "PENDING"
"""Ops partition of the alerts that wait to be published."""
WORKSPACES: Final = "WORKSPACES"
"""Ops partition that lists the workspaces."""
UNDER_WAY: Final = "UNDER_WAY"
"""Ops partition of the long work that is not at its end."""
JOB_KEYS: Final = ("W#*#ERASURES", "W#*#EXPORTS", "W#*#REPRICINGS")
"""Partition keys of long work."""
