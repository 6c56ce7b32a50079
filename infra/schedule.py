"""What runs by the clock: the sweep of pending alerts each minute, and what runs each night."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

SWEEP: Final = {"sweep": True}


def build_schedule(
    scope: Construct,
    name: str,
    description: str,
    *,
    expression: str,
    function: lambda_.Function,
    event: Mapping[str, object],
    retries: int = 0,
) -> scheduler.CfnSchedule:
    """A schedule with a role that may start that one function with that event."""
    role = iam.Role(
        scope,
        f"{name}Role",
        assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
        description=f"Starts: {description}",
    )
    role.add_to_policy(
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])
    )
    schedule = scheduler.CfnSchedule(
        scope,
        name,
        description=description,
        schedule_expression=expression,
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=scheduler.CfnSchedule.TargetProperty(
            arn=function.function_arn,
            role_arn=role.role_arn,
            input=json.dumps(event),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(maximum_retry_attempts=retries),
        ),
    )
    schedule.node.add_dependency(role)
    return schedule


def build_sweep(scope: Construct, alerts: lambda_.Function) -> scheduler.CfnSchedule:
    """Once a minute the alerts function looks for what stayed pending.

    A sweep that fails is not repeated: the next one finds the same work a minute later.
    """
    return build_schedule(
        scope,
        "Sweep",
        "Sends alerts that stayed pending",
        expression="rate(1 minute)",
        function=alerts,
        event=SWEEP,
    )
