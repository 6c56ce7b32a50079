"""Every function: its size, what it may do with the table, what it is told.

This is the allow-list. `tests/infra` holds the synthesised roles against a list of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aws_cdk import Duration

from shared.store.schema import (
    ACTIVE,
    HISTORY,
    JOB_KEYS,
    JOURNAL,
    LIVE_KEYS,
    OPS,
    SYSTEM_PK,
    Index,
)

GET: Final = ("dynamodb:GetItem",)
READ: Final = (*GET, "dynamodb:BatchGetItem", "dynamodb:Query")
# A transaction is authorised through the actions of its parts; it has no action of its own.
COMMIT: Final = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem")
WRITE: Final = ("dynamodb:PutItem", "dynamodb:UpdateItem")
PUT: Final = ("dynamodb:PutItem",)
DELETE: Final = ("dynamodb:DeleteItem",)

TOKENS: Final = (
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "JWT_JWKS_URL",
    "JWT_WORKSPACE_CLAIM",
    "JWT_ROLE_CLAIM",
    "JWT_USER_CLAIM",
)
WHO_CALLS: Final = (
    "AUDIT_QUEUE_URL",
    "EDGE_SECRET",
    "RATES_PER_MINUTE",
    *TOKENS,
)

GATEWAY_TIMEOUT: Final = Duration.seconds(29)
"""An HTTP API waits thirty seconds; the function answers for itself before that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """One function.

    `indexes` are those it queries, `settings` the names of its environment, `packages` the locks
    its layers are built from. `keyed` are writes of single kinds of items only: partition keys, `*` for
    anything, by the name of the action.
    """

    name: str
    description: str
    table: tuple[str, ...]
    indexes: tuple[Index, ...] = ()
    keyed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    memory: int = 512
    timeout: Duration = GATEWAY_TIMEOUT
    packages: tuple[str, ...] = ("runtime",)

    @property
    def answers_callers(self) -> bool:
        """Whether it answers HTTP requests of callers it has to know, count and write down."""
        return set(WHO_CALLS) <= set(self.settings)

    @property
    def construct_id(self) -> str:
        """`record_usage` → `RecordUsage`."""
        return "".join(word.title() for word in self.name.split("_"))


FUNCTIONS: Final = (
    FunctionSpec(
        name="record_usage",
        description="Records usage and deducts its credits in one transaction",
        table=(*READ, *COMMIT),
        settings=WHO_CALLS,
        memory=1_024,
    ),
    FunctionSpec(
        name="transactions",
        description="Accounts, their transactions and the proof of both",
        table=(*READ, *COMMIT),
        indexes=(JOURNAL,),
        settings=WHO_CALLS,
    ),
    FunctionSpec(
        name="query_stats",
        description="Reads of usage, served from cells",
        table=READ,
        indexes=(HISTORY, ACTIVE),
        settings=WHO_CALLS,
        memory=1_024,
    ),
    FunctionSpec(
        name="export",
        description="Writes export files, at once or as a job, and hands out links to them",
        table=(*READ, *WRITE, *DELETE),
        indexes=(HISTORY, ACTIVE),
        settings=(
            *WHO_CALLS,
            "ARCHIVE_BUCKET",
            "EXPORT_BUCKET",
            "EXPORT_QUEUE_URL",
            "DOWNLOAD_ROLE_ARN",
        ),
        memory=1_769,
        timeout=Duration.minutes(15),
        packages=("runtime", "parquet"),
    ),
    FunctionSpec(
        name="thresholds",
        description="Thresholds, and the alerts they fired",
        table=(*READ, *WRITE, *DELETE),
        indexes=(HISTORY, ACTIVE, JOURNAL),
        settings=WHO_CALLS,
    ),
    FunctionSpec(
        name="admin",
        description="Workspaces, API keys, customers, prices",
        table=(*READ, *COMMIT, *DELETE),
        indexes=(OPS,),
        settings=(*WHO_CALLS, "ALERT_TOPIC_ARN"),
    ),
    FunctionSpec(
        name="system",
        description="How the whole of it fares: lag, failures, what waits",
        table=(*READ, *PUT),
        indexes=(OPS,),
        settings=(*WHO_CALLS, "FAILURE_QUEUE_URLS"),
    ),
    FunctionSpec(
        name="backup",
        description="Makes the backup of the day and drops those kept long enough",
        table=("dynamodb:CreateBackup",),
        settings=("BACKUP_DAYS",),
        timeout=Duration.minutes(1),
    ),
    FunctionSpec(
        name="audit",
        description="The audit trail, and entries on their way into it",
        table=READ,
        settings=WHO_CALLS,
    ),
    FunctionSpec(
        name="erasure",
        description="Erases users: who they were goes, the books stay",
        table=(*READ, *WRITE, *DELETE),
        settings=(*WHO_CALLS, "ARCHIVE_BUCKET", "EXPORT_BUCKET", "ERASURE_QUEUE_URL"),
        memory=1_769,
        timeout=Duration.minutes(15),
        packages=("runtime", "parquet"),
    ),
    FunctionSpec(
        name="repricing",
        description="Prices recorded usage anew and posts the differences, at once or as a job",
        table=(*READ, *WRITE),
        indexes=(HISTORY,),
        settings=(*WHO_CALLS, "REPRICING_QUEUE_URL"),
        memory=1_769,
        timeout=Duration.minutes(15),
    ),
    FunctionSpec(
        name="edge",
        description="Health, and an answer for every path there is not",
        table=GET,
    ),
    FunctionSpec(
        name="aggregate",
        description="Folds journal entries into cells",
        table=(*READ, *COMMIT, *DELETE),
        settings=("PARKED_QUEUE_URL",),
        memory=1_024,
        timeout=Duration.minutes(2),
    ),
    FunctionSpec(
        name="archive",
        description="Archives days and months that are over, and lets their logs expire",
        table=(*READ, *WRITE),
        indexes=(JOURNAL, OPS),
        settings=("ARCHIVE_BUCKET", "ARCHIVE_QUEUE_URL", "CHECKPOINT_BUCKET", "CHECKPOINT_KEY_ID"),
        memory=1_769,
        timeout=Duration.minutes(15),
        packages=("runtime", "parquet"),
    ),
    FunctionSpec(
        name="reconcile",
        description="Proves cells, cursors and alerts every night, picks up work that was left",
        table=READ,
        indexes=(HISTORY, JOURNAL, OPS),
        keyed={"PutItem": (SYSTEM_PK,), "UpdateItem": (SYSTEM_PK, *JOB_KEYS)},
        settings=(
            "RECONCILE_QUEUE_URL",
            "ERASURE_QUEUE_URL",
            "EXPORT_QUEUE_URL",
            "CHECKPOINT_BUCKET",
            "CHECKPOINT_KEY_ID",
        ),
        memory=1_769,
        timeout=Duration.minutes(15),
    ),
    FunctionSpec(
        name="alerts",
        description="Fires what was crossed, and sends what is waiting",
        table=(*READ, *WRITE),
        indexes=(OPS,),
        settings=("ALERT_TOPIC_ARN", "DASHBOARD_URL", "LIVE_QUEUE_URL"),
        timeout=Duration.minutes(1),
    ),
    FunctionSpec(
        name="live",
        description="Tells pages that are open of changes",
        table=(*GET, "dynamodb:Query"),
        keyed=LIVE_KEYS,
        settings=(*TOKENS, "RATES_PER_MINUTE", "LIVE_ENDPOINT", "LIVE_QUEUE_URL"),
        timeout=Duration.seconds(15),
    ),
)

BY_NAME: Final = {spec.name: spec for spec in FUNCTIONS}
