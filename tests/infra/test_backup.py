"""Backups by the clock, and a copy in another region where one is asked for."""

from __future__ import annotations

import json

import pytest

from infra.config import Replica, prod
from tests.infra.conftest import REGION, Synthesise
from tests.infra.template import Template, target

ELSEWHERE = Replica(region="eu-west-1", key_arn="arn:aws:kms:eu-west-1:111122223333:key/over-there")


def test_the_backup_of_the_day_is_made_by_its_function(template: Template) -> None:
    function = template.functions()["backup"][0]
    (schedule,) = [
        schedule
        for schedule in template.of_type("Scheduler::Schedule").values()
        if target(schedule["Target"]["Arn"]) == function
    ]

    assert schedule["ScheduleExpression"] == "cron(15 2 * * ? *)"
    assert json.loads(schedule["Target"]["Input"]) == {}
    assert [
        (statement["Action"], [target(arn) for arn in statement["Resource"]])
        for statement in template.statements(target(schedule["Target"]["RoleArn"]))
    ] == [(["lambda:InvokeFunction"], [function])]


def test_without_being_asked_there_is_one_table_in_one_region(template: Template) -> None:
    _, table = template.only("DynamoDB::GlobalTable")

    assert len(table["Replicas"]) == 1


def test_a_copy_in_another_region_is_kept_like_the_table_itself(synthesise: Synthesise) -> None:
    _, table = synthesise(prod("1.2.3", replica=ELSEWHERE)).only("DynamoDB::GlobalTable")
    copies = {copy["Region"]: copy for copy in table["Replicas"]}

    assert set(copies) == {REGION, "eu-west-1"}
    for copy in copies.values():
        assert copy["DeletionProtectionEnabled"] is True
        assert copy["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert copies["eu-west-1"]["SSESpecification"]["KMSMasterKeyId"] == ELSEWHERE.key_arn


def test_a_copy_needs_a_key_over_there_or_keys_of_aws(synthesise: Synthesise) -> None:
    with pytest.raises(ValueError, match="replicaKeyArn"):
        synthesise(prod("1.2.3", replica=Replica(region="eu-west-1")))

    synthesise(prod("1.2.3", own_key=False, replica=Replica(region="eu-west-1")))
