"""A synthesised template, asked by kind and by what refers to what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


class Template:
    """The template of one stage; `file` is where it lies, `document` what is in it."""

    def __init__(self, stage: str, file: Path) -> None:
        self.stage = stage
        self.file = file
        self.document: dict[str, Any] = json.loads(file.read_text())

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Logical id → properties of every resource of a kind (`SQS::Queue`)."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.document["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def only(self, kind: str) -> tuple[str, Resource]:
        """The one resource of a kind."""
        found = list(self.of_type(kind).items())
        assert len(found) == 1, f"{len(found)} resources of type {kind}"
        return found[0]

    def data_key(self) -> tuple[str, Resource]:
        """The key that everything at rest has; the others only sign."""
        keys = self.of_type("KMS::Key").items()
        (found,) = [each for each in keys if "KeyUsage" not in each[1]]
        return found

    def functions(self) -> dict[str, tuple[str, Resource]]:
        """Name → logical id and properties of every function."""
        return {
            properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: (name, properties)
            for name, properties in self.of_type("Lambda::Function").items()
        }

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What the policies of a role allow; actions and resources always as lists."""
        found = []
        for policy in self.of_type("IAM::Policy").values():
            if any(target(each) == role for each in policy["Roles"]):
                found += [
                    statement
                    | {
                        "Action": as_list(statement["Action"]),
                        "Resource": as_list(statement["Resource"]),
                    }
                    for statement in policy["PolicyDocument"]["Statement"]
                ]
        return found

    def allowed(self, role: str, service: str) -> set[tuple[str, str]]:
        """`(action, resource)` of a role within a service, resources as short text."""
        return {
            (action, text(resource))
            for statement in self.statements(role)
            for action in statement["Action"]
            for resource in statement["Resource"]
            if action.startswith(f"{service}:")
        }


def as_list(value: Any) -> list[Any]:
    """CloudFormation writes a list of one as the one."""
    return value if isinstance(value, list) else [value]


def target(reference: Any) -> str:
    """The logical id a `Ref` or `GetAtt` leads to, empty for plain text.

    Of a choice it is the first: what is there before any restore (`test_restored_table` has the other).
    """
    if isinstance(reference, dict):
        if "Fn::If" in reference:
            return target(reference["Fn::If"][1])
        if "Ref" in reference:
            return str(reference["Ref"])
        if "Fn::GetAtt" in reference:
            return str(reference["Fn::GetAtt"][0])
    return ""


def text(value: Any) -> str:
    """An intrinsic function as text: references by logical id, joins joined."""
    if isinstance(value, dict) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(text(part) for part in parts)
    return target(value) or str(value)
