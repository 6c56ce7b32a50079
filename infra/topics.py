"""The topic that carries alerts to workspaces, and the one that calls the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from infra.nag import accept, accept_plain_http
from infra.queues import build_queue

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey


class Topics:
    """`alerts` is the product's; `alarms` is the operator's; `alert_queue` hears alerts in tests."""

    def __init__(self, scope: Construct, stage: Stage, data_key: DataKey) -> None:
        self.alerts = self._topic(scope, "AlertTopic", stage, data_key)
        self.alarms = self._topic(scope, "AlarmTopic", stage, data_key)
        self._let_alarms_ring(scope)
        if stage.alarm_email:
            self.alarms.add_subscription(subscriptions.EmailSubscription(stage.alarm_email))
        self.alert_queue: sqs.Queue | None = None
        if stage.alert_queue:
            self.alert_queue = build_queue(scope, "AlertQueue", stage, data_key)
            accept(self.alert_queue, "Read by tests, which see what is missing.", "SQS3")
            self.alerts.add_subscription(
                subscriptions.SqsSubscription(self.alert_queue, raw_message_delivery=False)
            )

    @staticmethod
    def _topic(scope: Construct, name: str, stage: Stage, data_key: DataKey) -> sns.Topic:
        topic = sns.Topic(
            scope,
            name,
            display_name="Tally",
            master_key=data_key.key,
            enforce_ssl=stage.tls_only,
        )
        accept_plain_http(topic, stage, "SNS3")
        return topic

    def _let_alarms_ring(self, scope: Construct) -> None:
        self.alarms.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.alarms.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
            )
        )
