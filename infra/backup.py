"""The backup of the day: when it is made, and what its function may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from infra.nag import accept
from infra.schedule import build_schedule

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.functions import Functions
    from infra.table import DataTable

NAME = "backup"


def build_daily_backup(
    scope: Construct, stage: Stage, functions: Functions, table: DataTable
) -> None:
    """A schedule for the function `backup`, and the right to see and drop backups of the table in use.

    A night that fails is tried again by Lambda itself, twice; then its alarm rings.
    """
    role = functions.roles[NAME]
    for actions, resource in (
        (["dynamodb:ListBackups"], "*"),
        (["dynamodb:DeleteBackup"], f"{table.table_arn}/backup/*"),
    ):
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
    address = json.dumps(Stack.of(scope).resolve(table.table_arn), separators=(",", ":"))
    accept(
        role,
        "Backups are listed without naming one, and have generated names below the table's own.",
        "IAM5[Resource::*]",
        f"IAM5[Resource::{address}/backup/*]",
    )
    build_schedule(
        scope,
        "DailyBackup",
        "Makes the backup of the day",
        expression=stage.backups.daily_at,
        function=functions[NAME],
        event={},
    )
