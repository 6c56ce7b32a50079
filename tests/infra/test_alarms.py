"""Nothing fails in silence."""

from tests.infra.template import Resource, Template, target


def _watched(alarm: Resource, dimension: str) -> str:
    """The logical id (of a queue: through its name) that an alarm's dimension stands for."""
    return next(
        (target(d["Value"]) for d in alarm.get("Dimensions", []) if d["Name"] == dimension), ""
    )


def _alarms(template: Template, namespace: str, metric: str) -> list[Resource]:
    return [
        alarm
        for alarm in template.of_type("CloudWatch::Alarm").values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
    ]


def _failure_queues(template: Template) -> set[str]:
    """Every queue that takes what another queue or a mapping gave up, or a handler set aside."""
    after_queues = {
        target(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in template.of_type("SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    after_mappings = {
        target(mapping["DestinationConfig"]["OnFailure"]["Destination"])
        for mapping in template.of_type("Lambda::EventSourceMapping").values()
        if "DestinationConfig" in mapping
    }
    told = {
        "aggregate": "PARKED_QUEUE_URL",
        "audit": "AUDIT_QUEUE_URL",
    }
    set_aside = {
        target(template.functions()[name][1]["Environment"]["Variables"][setting])
        for name, setting in told.items()
    }
    return after_queues | after_mappings | set_aside


def test_every_alarm_rings_the_alarm_topic(template: Template) -> None:
    alarms = template.of_type("CloudWatch::Alarm")
    rung = {target(action) for alarm in alarms.values() for action in alarm["AlarmActions"]}

    assert all(alarm["AlarmActions"] for alarm in alarms.values())
    assert len(rung) == 1
    assert rung <= set(template.of_type("SNS::Topic"))


def test_alarms_do_not_ring_where_workspaces_listen(template: Template) -> None:
    alert_topic = target(template.document["Outputs"]["AlertTopicArn"]["Value"])
    for alarm in template.of_type("CloudWatch::Alarm").values():
        assert alert_topic not in [target(action) for action in alarm["AlarmActions"]]


def test_every_queue_where_failures_end_is_watched_from_the_first_message(
    template: Template,
) -> None:
    alarms = _alarms(template, "AWS/SQS", "ApproximateNumberOfMessagesVisible")

    assert len(_failure_queues(template)) == 10
    assert {_watched(alarm, "QueueName") for alarm in alarms} == _failure_queues(template)
    assert {alarm["Threshold"] for alarm in alarms} == {1}


def test_errors_and_throttles_of_every_function_are_watched(template: Template) -> None:
    functions = {logical for logical, _ in template.functions().values()}

    for metric in ("Errors", "Throttles"):
        alarms = _alarms(template, "AWS/Lambda", metric)
        assert {_watched(alarm, "FunctionName") for alarm in alarms} == functions


def test_the_lag_of_every_stream_consumer_is_watched(template: Template) -> None:
    functions = template.functions()
    alarms = _alarms(template, "AWS/Lambda", "IteratorAge")

    assert {_watched(alarm, "FunctionName") for alarm in alarms} == {
        functions["aggregate"][0],
        functions["alerts"][0],
    }
    assert {alarm["Threshold"] for alarm in alarms} == {60_000}


def test_the_share_of_server_errors_is_watched(template: Template) -> None:
    (alarm,) = _alarms(template, "AWS/ApiGateway", "5xx")

    assert alarm["Statistic"] == "Average"
    assert alarm["Threshold"] == 0.01


def test_alerts_that_stay_pending_are_watched(template: Template) -> None:
    (alarm,) = _alarms(template, "Tally", "PendingAlertsOverSixtySeconds")

    assert alarm["Dimensions"] == [{"Name": "service", "Value": "alerts"}]
    assert alarm["Threshold"] == 1


def test_the_lag_of_the_archive_is_watched_and_that_somebody_looks(template: Template) -> None:
    """OPS-3."""
    lag, silence = sorted(
        _alarms(template, "Tally", "ArchiveLagHours"), key=lambda alarm: -float(alarm["Threshold"])
    )

    assert lag["Dimensions"] == silence["Dimensions"] == [{"Name": "service", "Value": "archive"}]
    assert (lag["Statistic"], lag["Threshold"]) == ("Maximum", 26)
    assert (silence["Statistic"], silence["Threshold"]) == ("SampleCount", 1)
    assert silence["ComparisonOperator"] == "LessThanThreshold"
    assert silence["TreatMissingData"] == "breaching"


def test_two_days_without_a_backup_ring_even_where_nothing_is_heard(template: Template) -> None:
    (alarm,) = _alarms(template, "Tally", "DailyBackups")

    assert alarm["Dimensions"] == [{"Name": "service", "Value": "backup"}]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (86_400, 2, 1)
    assert alarm["Statistic"] == "SampleCount"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["TreatMissingData"] == "breaching"


def test_drift_rings_and_so_does_a_night_in_which_nobody_looked(template: Template) -> None:
    (drift,) = _alarms(template, "Tally", "Drift")
    (night,) = _alarms(template, "Tally", "NightsProved")

    for alarm in (drift, night):
        assert alarm["Dimensions"] == [{"Name": "service", "Value": "reconcile"}]
    assert (drift["Statistic"], drift["Threshold"]) == ("Maximum", 1)
    assert (night["Period"], night["EvaluationPeriods"]) == (3_600, 30)
    assert (night["Statistic"], night["Threshold"]) == ("SampleCount", 1)
    assert night["TreatMissingData"] == "breaching"


def test_an_erasure_that_does_not_end_rings_and_so_does_nobody_looking(
    template: Template,
) -> None:
    """SEC-5."""
    overdue, silence = sorted(
        _alarms(template, "Tally", "ErasureHours"), key=lambda alarm: -float(alarm["Threshold"])
    )

    assert overdue["Dimensions"] == silence["Dimensions"]
    assert overdue["Dimensions"] == [{"Name": "service", "Value": "reconcile"}]
    assert (overdue["Statistic"], overdue["Threshold"]) == ("Maximum", 24)
    assert (silence["Statistic"], silence["Threshold"]) == ("SampleCount", 1)
    assert silence["TreatMissingData"] == "breaching"


def test_an_idle_system_rings_no_alarm(template: Template) -> None:
    """But for the one on those who have to report, however idle it is."""
    for alarm in template.of_type("CloudWatch::Alarm").values():
        if alarm.get("Statistic") == "SampleCount":
            continue
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_cloudwatch_may_publish_to_the_alarm_topic(template: Template) -> None:
    ((topic, statement),) = [
        (target(properties["Topics"][0]), statement)
        for properties in template.of_type("SNS::TopicPolicy").values()
        for statement in properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]
    assert topic in {
        target(action)
        for alarm in template.of_type("CloudWatch::Alarm").values()
        for action in alarm["AlarmActions"]
    }
