"""What each function may do, held against a list that is written down here once more."""

import pytest

from tests.infra.template import Template, target, text

TABLE = {
    "record_usage": "GetItem BatchGetItem Query PutItem UpdateItem ConditionCheckItem",
    "transactions": "GetItem BatchGetItem Query PutItem UpdateItem ConditionCheckItem",
    "query_stats": "GetItem BatchGetItem Query",
    "export": "GetItem BatchGetItem Query PutItem UpdateItem DeleteItem",
    "thresholds": "GetItem BatchGetItem Query PutItem UpdateItem DeleteItem",
    "admin": "GetItem BatchGetItem Query PutItem UpdateItem DeleteItem ConditionCheckItem",
    "audit": "GetItem BatchGetItem Query",
    "erasure": "GetItem BatchGetItem Query PutItem UpdateItem DeleteItem",
    "repricing": "GetItem BatchGetItem Query PutItem UpdateItem",
    "system": "GetItem BatchGetItem Query PutItem",
    "edge": "GetItem",
    "aggregate": "GetItem BatchGetItem Query PutItem UpdateItem DeleteItem ConditionCheckItem",
    "alerts": "GetItem BatchGetItem Query PutItem UpdateItem",
    "live": "GetItem Query",
    "archive": "GetItem BatchGetItem Query PutItem UpdateItem",
    "reconcile": "GetItem BatchGetItem Query",
    "backup": "CreateBackup",
}
INDEXES = {
    "record_usage": "",
    "transactions": "journal",
    "query_stats": "history active",
    "export": "history active",
    "thresholds": "history active journal",
    "admin": "ops",
    "audit": "",
    "erasure": "",
    "repricing": "history",
    "system": "ops",
    "edge": "",
    "aggregate": "",
    "alerts": "ops",
    "live": "",
    "archive": "journal ops",
    "reconcile": "history journal ops",
    "backup": "",
}
BESIDES = {
    "record_usage": "sqs:SendMessage",
    "transactions": "sqs:SendMessage",
    "query_stats": "sqs:SendMessage",
    "export": (
        "s3:ListBucket s3:GetObject s3:PutObject s3:AbortMultipartUpload s3:DeleteObject "
        "sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes "
        "sqs:ChangeMessageVisibility sts:AssumeRole"
    ),
    "thresholds": "sqs:SendMessage",
    "admin": (
        "sns:Subscribe sns:Unsubscribe sns:GetSubscriptionAttributes "
        "sns:SetSubscriptionAttributes sqs:SendMessage"
    ),
    "audit": "sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes",
    "erasure": (
        "s3:ListBucket s3:GetObject s3:PutObject s3:AbortMultipartUpload s3:DeleteObject "
        "sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes "
        "sqs:ChangeMessageVisibility"
    ),
    "archive": (
        "s3:ListBucket s3:GetObject s3:PutObject s3:AbortMultipartUpload s3:DeleteObject "
        "sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes "
        "sqs:ChangeMessageVisibility"
    ),
    "repricing": (
        "sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes "
        "sqs:ChangeMessageVisibility"
    ),
    "reconcile": (
        "lambda:InvokeFunction s3:GetObject s3:ListBucket sqs:SendMessage sqs:ReceiveMessage "
        "sqs:DeleteMessage sqs:GetQueueAttributes sqs:ChangeMessageVisibility"
    ),
    "system": "sqs:SendMessage sqs:GetQueueAttributes",
    "edge": "",
    "aggregate": "sqs:SendMessage",
    "alerts": "sns:Publish sqs:SendMessage",
    "live": (
        "execute-api:ManageConnections sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage "
        "sqs:GetQueueAttributes"
    ),
    "backup": "",
}
OF_BACKUPS = {"backup": [("ListBackups", "*"), ("DeleteBackup", "{}/backup/*")]}
STREAM = {
    f"dynamodb:{action}"
    for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
}
CONSUMERS = {"aggregate", "alerts"}
SILENT = {"edge", "aggregate", "alerts", "archive", "backup", "live", "reconcile"}
"""Functions that no known caller reaches."""

WRITTEN_BY_THE_GATE = {
    "dynamodb:PutItem": ["W#*#AUDIT#*"],
    "dynamodb:UpdateItem": ["W#*#RATE#*", "SOURCE#*", "W#*#DIR#*"],
}
WRITTEN_OF_CONNECTIONS = {
    "dynamodb:PutItem": ["W#*#LIVE", "CONNECTION#*"],
    "dynamodb:DeleteItem": ["W#*#LIVE", "CONNECTION#*"],
    "dynamodb:UpdateItem": ["W#*#RATE#*", "SOURCE#*"],
}
WRITTEN_OF_THE_SYSTEM = {
    "dynamodb:PutItem": ["SYSTEM"],
    "dynamodb:UpdateItem": ["SYSTEM", "W#*#ERASURES", "W#*#EXPORTS", "W#*#REPRICINGS"],
}
WITHOUT_A_RESOURCE = {
    "sns:Unsubscribe",
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "dynamodb:ListBackups",
}


def _role(template: Template, function: str) -> str:
    return target(template.functions()[function][1]["Role"])


def test_the_lists_of_this_file_name_every_function(template: Template) -> None:
    assert set(template.functions()) == set(TABLE) == set(INDEXES) == set(BESIDES)


@pytest.mark.parametrize("function", sorted(TABLE))
def test_a_function_may_do_with_the_table_what_the_list_says(
    template: Template, function: str
) -> None:
    table, _ = template.only("DynamoDB::GlobalTable")
    wanted = {(f"dynamodb:{action}", table) for action in TABLE[function].split()}
    wanted |= {("dynamodb:Query", f"{table}/index/{name}") for name in INDEXES[function].split()}
    wanted |= {(action, table) for action in STREAM if function in CONSUMERS}
    wanted |= {
        (f"dynamodb:{action}", resource.format(table))
        for action, resource in OF_BACKUPS.get(function, ())
    }

    found = {
        (action, text(resource))
        for statement in template.statements(_role(template, function))
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action.startswith("dynamodb:") and "Condition" not in statement
    }

    assert found == wanted


@pytest.mark.parametrize("function", sorted(TABLE))
def test_who_answers_callers_may_write_down_and_count_what_they_do(
    template: Template, function: str
) -> None:
    """SEC-2, SEC-3: where the rest of the list does not cover it, those items and no others."""
    found = {
        action: statement["Condition"]
        for statement in template.statements(_role(template, function))
        for action in statement["Action"]
        if action.startswith("dynamodb:") and "Condition" in statement
    }
    own = {f"dynamodb:{action}" for action in TABLE[function].split()}
    kept = {"live": WRITTEN_OF_CONNECTIONS, "reconcile": WRITTEN_OF_THE_SYSTEM}
    written = kept.get(function, {} if function in SILENT else WRITTEN_BY_THE_GATE)

    assert found == {
        action: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}
        for action, keys in written.items()
        if action not in own
    }


def test_audit_entries_are_sent_to_their_queue_by_who_answers_callers(template: Template) -> None:
    """SEC-2."""
    queue = target(template.functions()["audit"][1]["Environment"]["Variables"]["AUDIT_QUEUE_URL"])
    senders = {
        name
        for name in template.functions()
        if ("sqs:SendMessage", queue) in template.allowed(_role(template, name), "sqs")
    }

    assert senders == set(TABLE) - SILENT


@pytest.mark.parametrize("function", sorted(BESIDES))
def test_a_function_may_do_besides_what_the_list_says(template: Template, function: str) -> None:
    own = {
        action
        for statement in template.statements(_role(template, function))
        for action in statement["Action"]
        if not action.startswith(("dynamodb:", "kms:", "logs:"))
    }

    assert own == set(BESIDES[function].split())


def test_every_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [_role(template, name) for name in template.functions()]

    assert len(set(roles)) == len(roles)


def test_no_role_has_a_policy_of_someone_elses(template: Template) -> None:
    for role in template.of_type("IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def test_no_action_is_a_wildcard_and_only_subscriptions_and_lists_of_backups_go_without_a_resource(
    template: Template,
) -> None:
    for role in template.of_type("IAM::Role"):
        for statement in template.statements(role):
            assert not [action for action in statement["Action"] if "*" in action]
            if any(text(resource) == "*" for resource in statement["Resource"]):
                assert set(statement["Action"]) <= WITHOUT_A_RESOURCE


def test_a_function_writes_its_own_log_and_no_other(template: Template) -> None:
    for name, (_, properties) in template.functions().items():
        own_log = target(properties["LoggingConfig"]["LogGroup"])

        assert template.allowed(_role(template, name), "logs") == {
            ("logs:CreateLogStream", own_log),
            ("logs:PutLogEvents", own_log),
        }


def test_the_key_is_used_through_services_only(template: Template) -> None:
    """But for the one that signs: that, and its public half, is asked for itself."""
    key, _ = template.data_key()
    for role in template.of_type("IAM::Role"):
        for statement in template.statements(role):
            kms = [action for action in statement["Action"] if action.startswith("kms:")]
            if kms and kms not in (["kms:Sign"], ["kms:GetPublicKey"]):
                assert [target(resource) for resource in statement["Resource"]] == [key]
                assert "kms:ViaService" in statement["Condition"]["StringEquals"]


def test_only_the_export_function_takes_on_the_download_role_and_for_an_hour(
    template: Template,
) -> None:
    exporter = _role(template, "export")
    ((_, download_role),) = template.allowed(exporter, "sts")
    role = template.of_type("IAM::Role")[download_role]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert target(trust["Principal"]["AWS"]) == exporter
    assert trust["Action"] == "sts:AssumeRole"
    assert role["MaxSessionDuration"] == 3_600


def test_the_download_role_reads_export_files_and_does_nothing_else(template: Template) -> None:
    ((_, download_role),) = template.allowed(_role(template, "export"), "sts")
    bucket = target(template.document["Outputs"]["ExportBucketName"]["Value"])
    actions = {
        (action, text(resource))
        for statement in template.statements(download_role)
        for action in statement["Action"]
        for resource in statement["Resource"]
        if not action.startswith("kms:")
    }

    assert actions == {("s3:GetObject", f"{bucket}/*")}


def test_the_sweep_starts_the_alerts_function_every_minute_and_may_do_no_more(
    template: Template,
) -> None:
    alerts = template.functions()["alerts"][0]
    (schedule,) = [
        properties
        for properties in template.of_type("Scheduler::Schedule").values()
        if target(properties["Target"]["Arn"]) == alerts
    ]
    role = target(schedule["Target"]["RoleArn"])

    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Target"]["Input"] == '{"sweep": true}'
    assert target(schedule["Target"]["Arn"]) == alerts
    assert [
        (statement["Action"], [target(arn) for arn in statement["Resource"]])
        for statement in template.statements(role)
    ] == [(["lambda:InvokeFunction"], [alerts])]


def test_the_night_is_begun_once_a_day_and_has_the_function_that_folds_mend(
    template: Template,
) -> None:
    reconcile, aggregate = (template.functions()[n][0] for n in ("reconcile", "aggregate"))
    (schedule,) = [
        properties
        for properties in template.of_type("Scheduler::Schedule").values()
        if properties["Target"]["Input"] == '{"nightly": true}'
    ]

    assert target(schedule["Target"]["Arn"]) == reconcile
    assert schedule["ScheduleExpression"] == "cron(17 2 * * ? *)"
    assert template.allowed(_role(template, "reconcile"), "lambda") == {
        ("lambda:InvokeFunction", aggregate)
    }
