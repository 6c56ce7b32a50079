"""How pages that are open are told of changes, and how little that may do (UI-2)."""

from tests.infra.conftest import CLOUD_URL, REGION
from tests.infra.template import Resource, Template, target, text


def _queue(template: Template) -> tuple[str, Resource]:
    """The queue of what pages are to be told."""
    name = target(template.functions()["live"][1]["Environment"]["Variables"]["LIVE_QUEUE_URL"])
    return name, template.of_type("SQS::Queue")[name]


def test_the_function_reaches_connections_of_its_own_api_and_no_other(template: Template) -> None:
    role = target(template.functions()["live"][1]["Role"])
    (api,) = [
        name
        for name, properties in template.of_type("ApiGatewayV2::Api").items()
        if properties["ProtocolType"] == "WEBSOCKET"
    ]
    ((_, resource),) = template.allowed(role, "execute-api")

    assert resource.endswith(f":{api}/live/*/@connections/*")


def test_news_is_sent_by_the_consumer_of_the_stream_and_by_the_function_itself(
    template: Template,
) -> None:
    queue, _ = _queue(template)
    senders = {
        name
        for name, (_, properties) in template.functions().items()
        if ("sqs:SendMessage", queue) in template.allowed(target(properties["Role"]), "sqs")
    }

    assert senders == {"alerts", "live"}


def test_news_is_forgotten_soon_and_never_seen_twice_at_once(template: Template) -> None:
    name, queue = _queue(template)
    (mapping,) = [
        properties
        for properties in template.of_type("Lambda::EventSourceMapping").values()
        if target(properties["EventSourceArn"]) == name
    ]
    timeout = template.functions()["live"][1]["Timeout"]

    assert queue["MessageRetentionPeriod"] == 120
    assert queue["VisibilityTimeout"] == 6 * timeout
    assert mapping["BatchSize"] == 100
    assert target(mapping["FunctionName"]) == template.functions()["live"][0]


def test_the_stream_has_no_third_reader(template: Template) -> None:
    """DynamoDB is made for two readers of a shard; a third one slows all of them down."""
    readers = [
        properties
        for properties in template.of_type("Lambda::EventSourceMapping").values()
        if "StreamArn" in str(properties["EventSourceArn"])
    ]

    assert len(readers) == 2


def test_pages_are_told_where_to_connect_and_the_policy_lets_them(
    on_aws: Template, on_this_machine: Template
) -> None:
    (api,) = [
        name
        for name, properties in on_aws.of_type("ApiGatewayV2::Api").items()
        if properties["ProtocolType"] == "WEBSOCKET"
    ]
    origin = f"wss://{api}.execute-api.{REGION}.AWS::URLSuffix"
    local = CLOUD_URL.replace("http", "ws")

    assert text(on_aws.document["Outputs"]["LiveUrl"]["Value"]) == f"{origin}/live"
    assert text(on_this_machine.document["Outputs"]["LiveUrl"]["Value"]).startswith(f"{local}/_aws")
    for template, allowed in ((on_aws, origin), (on_this_machine, local)):
        (policy,) = [
            config["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["ContentSecurityPolicy"]
            for config in template.of_type("CloudFront::ResponseHeadersPolicy").values()
            if "ContentSecurityPolicy" in str(config)
        ]
        said = text(policy["ContentSecurityPolicy"])
        assert said.endswith(f" {allowed}")
