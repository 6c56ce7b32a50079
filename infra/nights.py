"""What `reconcile` does by the clock.

Every night it proves everything and has folded what was not; every quarter of an hour it picks up long work
that nobody is at any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import aws_iam as iam

from infra.schedule import build_schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from infra.functions import Functions
    from infra.jobs import Jobs

NIGHTLY: Final = {"nightly": True}
EXPRESSION: Final = "cron(17 2 * * ? *)"
"""At night in Europe and the Americas; it takes no more of the table than a busy export."""

PICK_UP: Final = {"pickUp": True}
PICKED_UP: Final = ("erasure", "export")
"""Long work that is sent on its way again; the rest is told to have failed."""

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


def build_picking_up(scope: Construct, functions: Functions, jobs: Mapping[str, Jobs]) -> None:
    """The schedule, and leave to put jobs of others into their queues.

    A look that fails is not repeated: the next one finds the same.
    """
    for name in PICKED_UP:
        functions.roles["reconcile"].add_to_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[jobs[name].queue.queue_arn])
        )
    build_schedule(
        scope,
        "PickingUp",
        "Picks up work that nobody is at",
        expression="rate(15 minutes)",
        function=functions["reconcile"],
        event=PICK_UP,
    )
