"""SEC-5, EXP-2: who looks for long work that was left, how often, and what they may do about it."""

import json

from tests.infra.template import Template, target


def test_work_that_was_left_is_looked_for_every_quarter_of_an_hour(template: Template) -> None:
    reconcile = template.functions()["reconcile"][0]
    (schedule,) = [
        each
        for each in template.of_type("Scheduler::Schedule").values()
        if json.loads(each["Target"]["Input"]) == {"pickUp": True}
    ]

    assert target(schedule["Target"]["Arn"]) == reconcile
    assert schedule["ScheduleExpression"] == "rate(15 minutes)"


def test_who_looks_may_send_erasures_and_exports_on_their_way(template: Template) -> None:
    variables = template.functions()["reconcile"][1]["Environment"]["Variables"]
    role = target(template.functions()["reconcile"][1]["Role"])
    queues = {
        target(variables[name])
        for name in ("RECONCILE_QUEUE_URL", "ERASURE_QUEUE_URL", "EXPORT_QUEUE_URL")
    }
    allowed = template.allowed(role, "sqs")

    assert {queue for action, queue in allowed if action == "sqs:SendMessage"} == queues
    received = {queue for action, queue in allowed if action == "sqs:ReceiveMessage"}
    assert received == {target(variables["RECONCILE_QUEUE_URL"])}
