"""The two consumers of the table's stream, and the queues behind them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.queues import build_failure_queue
from shared.store.schema import (
    DAY_TOTAL_PREFIX,
    ENTRY_PREFIX,
    HEAD_SK,
    MONTH_TOTAL_PREFIX,
    PROBE_SK,
    SK,
    TEST_ALERT_PREFIX,
    VERSION_SK,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from infra.config import Stage
    from infra.functions import Functions
    from infra.key import DataKey
    from infra.table import DataTable

Pattern = str | dict[str, str]

READ_STREAM = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)


def stream_filter(events: Sequence[str], sort_keys: Sequence[Pattern]) -> dict[str, Any]:
    """An event filter: records of these kinds whose sort key matches one of the patterns."""
    return {"eventName": list(events), "dynamodb": {"Keys": {SK: {"S": list(sort_keys)}}}}


ENTRIES = stream_filter(["INSERT"], [{"prefix": ENTRY_PREFIX}])
PROBES = stream_filter(["INSERT", "MODIFY"], [PROBE_SK])
FIGURES = stream_filter(
    ["INSERT", "MODIFY"],
    [
        HEAD_SK,
        {"prefix": DAY_TOTAL_PREFIX},
        {"prefix": MONTH_TOTAL_PREFIX},
        {"prefix": TEST_ALERT_PREFIX},
        VERSION_SK,
    ],
)


class Streams:
    """`parked` takes what a handler sets aside; `dead_letters` what a mapping gave up, by function."""

    def __init__(self, scope: Construct, stage: Stage, data_key: DataKey) -> None:
        self._scope = scope
        self._stage = stage
        self.parked = build_failure_queue(scope, "ParkedEntries", stage, data_key)
        self.dead_letters = {
            name: build_failure_queue(scope, f"{name.title()}DeadLetters", stage, data_key)
            for name in ("aggregate", "alerts")
        }

    def feed(self, functions: Functions, table: DataTable) -> None:
        """Connect both functions to the stream, each with its own filter and dead letters."""
        stream_arn = table.table_stream_arn
        for name, patterns in (("aggregate", (ENTRIES, PROBES)), ("alerts", (FIGURES,))):
            role = functions.roles[name]
            failures = self.dead_letters[name]
            role.add_to_policy(
                iam.PolicyStatement(actions=list(READ_STREAM), resources=[stream_arn])
            )
            # The mapping writes failures in the function's name, not in its own.
            role.add_to_policy(
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[failures.queue_arn])
            )
            mapping = self._mapping(name, patterns, functions[name], stream_arn, failures)
            mapping.node.add_dependency(role)

    def _mapping(
        self,
        name: str,
        patterns: Sequence[dict[str, Any]],
        function: lambda_.Function,
        stream_arn: str,
        failures: sqs.Queue,
    ) -> lambda_.CfnEventSourceMapping:
        tuning = self._stage.streams
        return lambda_.CfnEventSourceMapping(
            self._scope,
            f"{name.title()}Stream",
            function_name=function.function_name,
            event_source_arn=stream_arn,
            # From the oldest record there is: a mapping that is made anew must lose nothing.
            starting_position="TRIM_HORIZON",
            batch_size=tuning.batch_size,
            parallelization_factor=tuning.parallelization,
            bisect_batch_on_function_error=tuning.bisect,
            maximum_retry_attempts=tuning.retries,
            maximum_record_age_in_seconds=tuning.max_record_age_seconds,
            function_response_types=["ReportBatchItemFailures"],
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[
                    lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(pattern))
                    for pattern in patterns
                ]
            ),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=failures.queue_arn
                )
            ),
        )
