"""Every night the function `reconcile` proves everything, and has what was not folded folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import aws_iam as iam

from infra.schedule import build_schedule

if TYPE_CHECKING:
    from constructs import Construct

    from infra.functions import Functions

NIGHTLY: Final = {"nightly": True}
EXPRESSION: Final = "cron(17 2 * * ? *)"
"""At night in Europe and the Americas; it takes no more of the table than a busy export."""

RETRIES: Final = 3
"""Of the schedule: a night that did not begin is rung for only a day later."""


def build_nights(scope: Construct, functions: Functions) -> None:
    """The schedule, and leave to start the one function that writes cells."""
    reconcile, folding = functions["reconcile"], functions["aggregate"]
    functions.roles["reconcile"].add_to_policy(
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[folding.function_arn])
    )
    reconcile.add_environment("FOLDING_FUNCTION", folding.function_name)
    build_schedule(
        scope,
        "Nightly",
        "Proves cells against journals",
        expression=EXPRESSION,
        function=reconcile,
        event=NIGHTLY,
        retries=RETRIES,
    )
