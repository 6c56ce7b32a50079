"""The stream's two consumers, and where their failures go."""

import json

import pytest

from tests.infra.template import Resource, Template, target

ENTRIES = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "J#"}]}}}}
PROBES = {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"sk": {"S": ["PROBE"]}}}}
FIGURES = {
    "eventName": ["INSERT", "MODIFY"],
    "dynamodb": {
        "Keys": {
            "sk": {
                "S": [
                    "HEAD",
                    {"prefix": "DAY#"},
                    {"prefix": "MONTH#"},
                    {"prefix": "al_t"},
                    "VERSION",
                ]
            }
        }
    },
}


def _mapping(template: Template, function: str) -> Resource:
    logical, _ = template.functions()[function]
    (mapping,) = [
        properties
        for properties in template.of_type("Lambda::EventSourceMapping").values()
        if target(properties["FunctionName"]) == logical
    ]
    return mapping


@pytest.mark.parametrize(
    ("function", "patterns"), [("aggregate", [ENTRIES, PROBES]), ("alerts", [FIGURES])]
)
def test_a_consumer_sees_the_records_it_is_for_and_no_others(
    template: Template, function: str, patterns: list[object]
) -> None:
    filters = _mapping(template, function)["FilterCriteria"]["Filters"]

    assert [json.loads(each["Pattern"]) for each in filters] == patterns


@pytest.mark.parametrize("function", ["aggregate", "alerts"])
def test_a_consumer_reads_the_tables_stream_from_its_beginning(
    template: Template, function: str
) -> None:
    mapping = _mapping(template, function)
    table, _ = template.only("DynamoDB::GlobalTable")

    assert mapping["EventSourceArn"]["Fn::If"][1] == {"Fn::GetAtt": [table, "StreamArn"]}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BatchSize"] == 1_000
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("function", ["aggregate", "alerts"])
def test_what_a_mapping_gives_up_goes_to_the_consumers_own_dead_letters(
    template: Template, function: str
) -> None:
    queue = target(_mapping(template, function)["DestinationConfig"]["OnFailure"]["Destination"])
    role = target(template.functions()[function][1]["Role"])

    assert queue in template.of_type("SQS::Queue")
    assert ("sqs:SendMessage", queue) in template.allowed(role, "sqs")


def test_consumers_do_not_share_dead_letters(template: Template) -> None:
    queues = {
        target(_mapping(template, name)["DestinationConfig"]["OnFailure"]["Destination"])
        for name in ("aggregate", "alerts")
    }

    assert len(queues) == 2


def test_on_aws_a_failing_batch_is_halved_and_given_up_after_a_number_of_tries(
    on_aws: Template,
) -> None:
    for function in ("aggregate", "alerts"):
        mapping = _mapping(on_aws, function)
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["MaximumRetryAttempts"] > 0
        assert mapping["MaximumRecordAgeInSeconds"] < 24 * 3_600


def test_locally_only_its_age_stops_a_failing_batch(on_this_machine: Template) -> None:
    for function in ("aggregate", "alerts"):
        mapping = _mapping(on_this_machine, function)
        assert "MaximumRetryAttempts" not in mapping
        assert mapping["MaximumRecordAgeInSeconds"] == 600


@pytest.mark.parametrize("function", ["erasure", "export", "repricing"])
def test_a_job_is_taken_one_at_a_time_and_stays_hidden_while_it_runs(
    template: Template, function: str
) -> None:
    mapping = _mapping(template, function)
    queue = template.of_type("SQS::Queue")[target(mapping["EventSourceArn"])]
    timeout = template.functions()[function][1]["Timeout"]

    assert mapping["BatchSize"] == 1
    assert timeout < queue["VisibilityTimeout"] <= timeout + 60
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 3
    assert target(queue["RedrivePolicy"]["deadLetterTargetArn"]) in template.of_type("SQS::Queue")


def test_only_some_jobs_of_the_archive_run_at_once_however_many_workspaces_there_are(
    template: Template,
) -> None:
    assert _mapping(template, "archive")["ScalingConfig"] == {"MaximumConcurrency": 8}


def test_the_local_alert_queue_hears_every_alert_and_is_not_there_on_aws(
    on_this_machine: Template, on_aws: Template
) -> None:
    _, subscription = on_this_machine.only("SNS::Subscription")

    assert subscription["Protocol"] == "sqs"
    assert not subscription.get("RawMessageDelivery")
    assert "AlertQueueUrl" in on_this_machine.document["Outputs"]
    assert "AlertQueueUrl" not in on_aws.document["Outputs"]
    assert [s["Protocol"] for s in on_aws.of_type("SNS::Subscription").values()] == ["email"]
