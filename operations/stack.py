"""A deployment as commands reach it: what its stack made, with the operator's own credentials."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from local.cloud import Cloud, NotRunningError, aws_environment
from local.deploy import STACK
from local.state import State
from operations.errors import CommandError
from shared.adapters.clock import SystemClock
from shared.domain.errors import UnavailableError
from shared.sdk import make_client, sdk
from shared.store.dynamo import DynamoTable
from shared.store.wire import dynamodb_wire

MARK: Final = re.compile(r"[0-9A-F]{8}$", re.ASCII)
"""The CDK ends the ids of resources with a mark, but for those it takes from CloudFormation as they are."""

LONGEST_CALL_SECONDS: Final = 900
"""A function that is waited for takes fifteen minutes at most."""


class UnknownStackError(CommandError):
    """There is no such deployment; the message says how one is named."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of the stack. `name` is its construct's, `id` what its service knows it by."""

    type: str
    name: str
    id: str


class Stack:
    """A stack's outputs and resources, and clients of the services they live in."""

    def __init__(self, name: str) -> None:
        """Look the stack up.

        Raises:
            UnknownStackError: there is none of this name.
        """
        self.name = name
        self.clock = SystemClock()
        try:
            found = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            raise UnknownStackError(f"no stack {name!r}: {error}") from error
        self.outputs: Mapping[str, str] = {
            output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])
        }

    @classmethod
    def of(cls, args: argparse.Namespace) -> Stack:
        """The stack that a command line names; the local demo's where it names none.

        From then on this process speaks to that deployment alone.

        Raises:
            UnknownStackError: there is no such stack, or no local demo.
        """
        if args.stack is None:
            try:
                cloud = Cloud.load(State(args.state))
            except NotRunningError as error:
                raise UnknownStackError(f"{error}; or name one with --stack") from error
            # A session or profile of the operator's own would lead elsewhere.
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                del os.environ[name]
            os.environ.update(aws_environment(cloud.url))
            return cls(STACK)
        if not os.environ.get("AWS_REGION"):
            os.environ["AWS_REGION"] = sdk().get_config_variable("region") or "us-east-1"
        return cls(args.stack)

    def client(self, service: str) -> Any:
        """A client of a service, patient enough for the longest call there is."""
        return make_client(service, read_timeout=LONGEST_CALL_SECONDS)

    def using(self, table_name: str) -> Stack:
        """The same deployment as it is once another table is swapped in."""
        other = copy(self)
        other.outputs = {**self.outputs, "TableName": table_name}
        return other

    def table(self) -> DynamoTable:
        """The stack's table."""
        return DynamoTable(dynamodb_wire(self.clock), self.outputs["TableName"])

    def function(self, name: str) -> str:
        """What Lambda calls a function of the stack, by its construct's name."""
        of_type = (each for each in self.resources() if each.type == "AWS::Lambda::Function")
        return next(each.id for each in of_type if each.name == name)

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Run a function of the stack, by its construct's name, and wait for its answer.

        Raises:
            UnavailableError: it failed.
        """
        return self.run(self.function(function), json.dumps(event))

    def run(self, address: str, payload: str) -> Any:
        """Run a function by what Lambda calls it, and wait for its answer.

        Raises:
            UnavailableError: it failed.
        """
        answer = self.client("lambda").invoke(FunctionName=address, Payload=payload.encode())
        said = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise UnavailableError(f"The function {address} failed: {said}")
        return json.loads(said) if said else None

    def queues(self) -> dict[str, str]:
        """The addresses of the stack's queues by their constructs' names."""
        return {each.name: each.id for each in self.resources() if each.type == "AWS::SQS::Queue"}

    def resources(self) -> Iterator[Resource]:
        """Everything the stack made."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self.name):
            for row in page["StackResourceSummaries"]:
                name = MARK.sub("", row["LogicalResourceId"])
                yield Resource(row["ResourceType"], name, row.get("PhysicalResourceId", ""))
