"""Mail subscriptions in the words of SNS, whose refusals moto does not play (ALR-3)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from shared.adapters.subscriptions import SnsSubscriptions
from shared.domain.errors import UnavailableError, ValidationFailedError
from shared.domain.subscriber import Subscription

TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"
ARN = f"{TOPIC}:1"
EMAIL = {
    "TopicArn": TOPIC,
    "Protocol": "email",
    "Endpoint": "ada@example.com",
    "ReturnSubscriptionArn": True,
}
NOTHING = {"FilterPolicy": '{"workspaceId": ["#"]}'}


class Sns:
    """SNS that answers what it is told to, and checks what it is asked."""

    def __init__(self) -> None:
        client = boto3.client("sns")
        self.stub = Stubber(client)
        self.subscriptions = SnsSubscriptions(TOPIC, client)

    def refuses(self, method: str, code: str, message: str = "") -> None:
        self.stub.add_client_error(method, code, message)


@pytest.fixture
def sns() -> Iterator[Sns]:
    sns = Sns()
    with sns.stub:
        yield sns
        sns.stub.assert_no_pending_responses()


def test_a_new_address_gets_nothing_before_a_filter_is_set(sns: Sns) -> None:
    sns.stub.add_response("subscribe", {"SubscriptionArn": ARN}, {**EMAIL, "Attributes": NOTHING})

    assert sns.subscriptions.subscribe("ada@example.com") == ARN


def test_an_address_that_has_another_filter_already_keeps_its_subscription(sns: Sns) -> None:
    sns.refuses(
        "subscribe",
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    )
    sns.stub.add_response("subscribe", {"SubscriptionArn": ARN}, EMAIL)

    assert sns.subscriptions.subscribe("ada@example.com") == ARN


def test_an_address_that_sns_does_not_take_is_the_callers_to_mend(sns: Sns) -> None:
    sns.refuses("subscribe", "InvalidParameter", "Invalid parameter: Email address")

    with pytest.raises(ValidationFailedError) as caught:
        sns.subscriptions.subscribe("ada@example.com")
    assert caught.value.errors[0].pointer == "/alertEmails"


@pytest.mark.parametrize("code", ["Throttled", "InternalError", "AuthorizationError"])
def test_anything_else_is_an_outage_that_passes(sns: Sns, code: str) -> None:
    for method in ("subscribe", "get_subscription_attributes", "set_subscription_attributes"):
        sns.refuses(method, code, "no")

    with pytest.raises(UnavailableError):
        sns.subscriptions.subscribe("ada@example.com")
    with pytest.raises(UnavailableError):
        sns.subscriptions.state(ARN)
    with pytest.raises(UnavailableError):
        sns.subscriptions.show(ARN, ["acme"])


def test_no_connection_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("sns")

    def unreachable(**members: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://sns.example.com")

    monkeypatch.setattr(client, "unsubscribe", unreachable)

    with pytest.raises(UnavailableError):
        SnsSubscriptions(TOPIC, client).unsubscribe(ARN)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"PendingConfirmation": "true", **NOTHING}, Subscription(False, ())),
        ({"PendingConfirmation": "false", **NOTHING}, Subscription(True, ())),
        ({"PendingConfirmation": "false"}, Subscription(True, ())),
        (
            {
                "PendingConfirmation": "false",
                "FilterPolicy": json.dumps({"workspaceId": ["globex", "acme"]}),
            },
            Subscription(True, ("acme", "globex")),
        ),
    ],
)
def test_a_subscription_is_read(
    sns: Sns, attributes: dict[str, str], expected: Subscription
) -> None:
    sns.stub.add_response(
        "get_subscription_attributes", {"Attributes": attributes}, {"SubscriptionArn": ARN}
    )

    assert sns.subscriptions.state(ARN) == expected


def test_a_subscription_that_is_gone_is_told_as_gone(sns: Sns) -> None:
    for method in ("get_subscription_attributes", "set_subscription_attributes", "unsubscribe"):
        sns.refuses(method, "NotFound", "Subscription does not exist")

    assert sns.subscriptions.state(ARN) is None
    assert not sns.subscriptions.show(ARN, ["acme"])
    sns.subscriptions.unsubscribe(ARN)


def test_a_filter_names_the_workspaces_in_order(sns: Sns) -> None:
    sns.stub.add_response(
        "set_subscription_attributes",
        {},
        {
            "SubscriptionArn": ARN,
            "AttributeName": "FilterPolicy",
            "AttributeValue": '{"workspaceId": ["acme", "globex"]}',
        },
    )
    sns.stub.add_response("unsubscribe", {}, {"SubscriptionArn": ANY})

    assert sns.subscriptions.show(ARN, ["globex", "acme"])
    sns.subscriptions.unsubscribe(ARN)
