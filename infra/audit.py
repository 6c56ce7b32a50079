"""Where audit entries wait that the table did not take, and the way home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from infra.queues import build_failure_queue, build_queue

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey

ATTEMPTS = 100
"""About five hours of an unreachable table, before a person has to send the entries on their way again."""

TAKE = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
)


class AuditBacklog:
    """The queue, and its dead letters."""

    def __init__(
        self, scope: Construct, stage: Stage, data_key: DataKey, function_timeout: Duration
    ) -> None:
        self.dead_letters = build_failure_queue(scope, "AuditDeadLetters", stage, data_key)
        self.queue = build_queue(
            scope,
            "AuditBacklog",
            stage,
            data_key,
            visibility=Duration.seconds(function_timeout.to_seconds() * 6),
            failures=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=ATTEMPTS),
        )

    def feed(self, scope: Construct, function: lambda_.Function, role: iam.Role) -> None:
        """Hand the entries to the function that writes them, one at a time: a bad one holds back none."""
        mapping = lambda_.CfnEventSourceMapping(
            scope,
            "AuditBacklogSource",
            function_name=function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
        )
        mapping.node.add_dependency(role)
