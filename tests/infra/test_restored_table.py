"""After a restore the stack uses another table: everything follows, and the old one stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.config import prod
from tests.infra.conftest import Synthesise
from tests.infra.template import Template

STREAM = {"Ref": "RestoredTableStream"}
PARTS = {"Fn::Split": ["/", STREAM]}
NONE = "arn:aws:dynamodb:::table/none/stream/none"


def _choices(value: Any) -> Iterator[list[Any]]:
    """Every choice between the stack's own table and a restored one, wherever it stands."""
    if isinstance(value, dict):
        if value.keys() == {"Fn::If"} and value["Fn::If"][0] == "OwnTable":
            yield value["Fn::If"]
        else:
            for member in value.values():
                yield from _choices(member)
    elif isinstance(value, list):
        for member in value:
            yield from _choices(member)


def _mentions(value: Any, logical_id: str) -> bool:
    """Whether something names a resource outside of a choice."""
    if isinstance(value, dict):
        if "Fn::If" in value and value["Fn::If"][0] == "OwnTable":
            return False
        if value.get("Ref") == logical_id:
            return True
        if isinstance(found := value.get("Fn::GetAtt"), list) and found[0] == logical_id:
            return True
        return any(_mentions(member, logical_id) for member in value.values())
    return isinstance(value, list) and any(_mentions(member, logical_id) for member in value)


def test_a_stack_uses_its_own_table_until_it_is_told_otherwise(template: Template) -> None:
    parameter = template.document["Parameters"]["RestoredTableStream"]

    assert parameter["Default"] == NONE
    assert template.document["Conditions"]["OwnTable"] == {"Fn::Equals": [STREAM, NONE]}


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        (
            "arn:aws:dynamodb:eu-central-1:111122223333:table/t-2/stream/2026-11-21T09:00:00.000",
            True,
        ),
        ("arn:aws:dynamodb:eu-central-1:111122223333:table/t-2", False),
        ("t-2", False),
        ("", False),
        (NONE, True),
    ],
)
def test_only_the_address_of_a_tables_stream_is_taken(
    on_aws: Template, address: str, fits: bool
) -> None:
    pattern = on_aws.document["Parameters"]["RestoredTableStream"]["AllowedPattern"]

    assert bool(re.search(pattern, address)) is fits


def test_nothing_but_the_choice_names_the_stacks_own_table(template: Template) -> None:
    table, _ = template.only("DynamoDB::GlobalTable")
    resources = template.document["Resources"]

    assert resources[table]["Condition"] == "OwnTable"
    assert not [name for name, resource in resources.items() if _mentions(resource, table)]
    assert not _mentions(template.document["Outputs"], table)


def test_each_choice_offers_the_restored_tables_name_address_or_stream(template: Template) -> None:
    table, _ = template.only("DynamoDB::GlobalTable")
    name = {"Fn::Select": [1, PARTS]}
    wanted = {
        "name": [{"Ref": table}, name],
        "arn": [
            {"Fn::GetAtt": [table, "Arn"]},
            {"Fn::Join": ["/", [{"Fn::Select": [0, PARTS]}, name]]},
        ],
        "stream": [{"Fn::GetAtt": [table, "StreamArn"]}, STREAM],
    }
    choices = [alternatives for _, *alternatives in _choices(template.document)]

    assert all(choice in wanted.values() for choice in choices)
    assert all(choice in choices for choice in wanted.values())


def test_the_table_that_is_left_stays_on_every_stage(template: Template) -> None:
    table, _ = template.only("DynamoDB::GlobalTable")
    resource = template.document["Resources"][table]

    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_the_choice_is_there_without_a_key_of_the_operators(synthesise: Synthesise) -> None:
    template = synthesise(prod("1.2.3", own_key=False))

    assert list(_choices(template.document["Resources"]))
