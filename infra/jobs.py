"""A queue of jobs that one function goes on with, an invocation each, and its dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from infra.queues import build_failure_queue, build_queue

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey

ATTEMPTS = 3
# The function itself puts a failed job back with a shorter wait, and has jobs go on.
WORK = (
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
)


class Jobs:
    """The queue `<name>Jobs`; a worker that dies is replaced soon after its limit."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        data_key: DataKey,
        *,
        function_timeout: Duration,
    ) -> None:
        self._name = name
        self.dead_letters = build_failure_queue(scope, f"{name}DeadLetters", stage, data_key)
        self.queue = build_queue(
            scope,
            f"{name}Jobs",
            stage,
            data_key,
            visibility=Duration.seconds(function_timeout.to_seconds() + 60),
            failures=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=ATTEMPTS),
        )

    def allow(self, role: iam.Role) -> None:
        """Let a role put jobs into the queue and work them off."""
        role.add_to_policy(
            iam.PolicyStatement(actions=list(WORK), resources=[self.queue.queue_arn])
        )

    def feed(
        self,
        scope: Construct,
        function: lambda_.Function,
        role: iam.Role,
        at_once: int | None = None,
    ) -> None:
        """Hand the jobs to a function, one an invocation, at most so many at once."""
        mapping = lambda_.CfnEventSourceMapping(
            scope,
            f"{self._name}JobSource",
            function_name=function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
            scaling_config=None
            if at_once is None
            else lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=at_once),
        )
        mapping.node.add_dependency(role)
