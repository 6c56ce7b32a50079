"""Once a minute the alerts function looks for what stayed pending."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

SWEEP = {"sweep": True}


def build_sweep(scope: Construct, alerts: lambda_.Function) -> scheduler.CfnSchedule:
    """A schedule with a role that may start that one function.

    A sweep that fails is not repeated: the next one finds the same work a minute later.
    """
    role = iam.Role(
        scope,
        "SweepRole",
        assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
        description="Starts the sweep of pending alerts",
    )
    role.add_to_policy(
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[alerts.function_arn])
    )
    schedule = scheduler.CfnSchedule(
        scope,
        "Sweep",
        description="Sends alerts that stayed pending",
        schedule_expression="rate(1 minute)",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=scheduler.CfnSchedule.TargetProperty(
            arn=alerts.function_arn,
            role_arn=role.role_arn,
            input=json.dumps(SWEEP),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(maximum_retry_attempts=0),
        ),
    )
    schedule.node.add_dependency(role)
    return schedule
