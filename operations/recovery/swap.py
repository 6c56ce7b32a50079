"""Has a stack use another table, by the parameter its template has for that.

The template stays the very one that is deployed, so nothing else changes; CloudFormation keeps the value,
and later deployments by the CDK leave it as it is.
"""

from __future__ import annotations

from typing import Any, Final

from operations.recovery.tables import RestoreError
from operations.stack import Stack

RESTORED_STREAM: Final = "RestoredTableStream"
CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
DONE: Final = "UPDATE_COMPLETE"
WAIT_SECONDS: Final = 3.0


def swap(stack: Stack, stream: str) -> None:
    """Have roles, functions and stream mappings follow the table that a stream belongs to.

    Raises:
        RestoreError: CloudFormation went back to where it was; its events tell why.
    """
    client = stack.client("cloudformation")
    kept = [
        {"ParameterKey": parameter["ParameterKey"], "UsePreviousValue": True}
        for parameter in _described(client, stack.name).get("Parameters", ())
        if parameter["ParameterKey"] != RESTORED_STREAM
    ]
    client.update_stack(
        StackName=stack.name,
        UsePreviousTemplate=True,
        Parameters=[*kept, {"ParameterKey": RESTORED_STREAM, "ParameterValue": stream}],
        Capabilities=CAPABILITIES,
    )
    while (status := _described(client, stack.name)["StackStatus"]).endswith("_IN_PROGRESS"):
        stack.clock.sleep(WAIT_SECONDS)
    if status != DONE:
        raise RestoreError(f"{stack.name} is {status}: the table in use is still the old one")


def _described(client: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
    return found
