"""Mail subscriptions of the alert topic, each filtered to the workspaces that list the address."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.errors import UnavailableError, ValidationFailedError
from shared.domain.subscriber import Subscription
from shared.sdk import make_client

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

ATTRIBUTE: Final = "workspaceId"
"""The attribute that every message of the topic carries."""

NO_WORKSPACE: Final = "#"
"""No workspace's id: a filter for it lets nothing through. SNS does not take an empty one."""

GONE: Final = frozenset({"NotFound", "NotFoundException"})
INVALID: Final = frozenset({"InvalidParameter", "InvalidParameterException"})
OTHER_ATTRIBUTES: Final = "different attributes"
"""Words of the refusal to subscribe an address again with another filter than it has."""


UNAVAILABLE: Final = "Mail subscriptions cannot be changed at the moment; please repeat."


class _GoneError(UnavailableError):
    """There is no such subscription (any more)."""


class _RefusedError(UnavailableError):
    """SNS will not do it, however often it is asked."""

    def __init__(self, reason: str) -> None:
        super().__init__(UNAVAILABLE)
        self.reason = reason


class SnsSubscriptions:
    """Subscriptions of one topic. Every method raises `UnavailableError` when SNS does not answer."""

    def __init__(self, topic_arn: str, client: SNSClient | None = None) -> None:
        self._topic_arn = topic_arn
        self._given = client

    @cached_property
    def _client(self) -> SNSClient:
        """Made when it is first needed: most requests are not about mail."""
        if self._given is not None:
            return self._given
        client = make_client("sns", connect_timeout=2, read_timeout=5, retries={"mode": "standard"})
        return cast("SNSClient", client)

    def subscribe(self, address: str) -> str:
        """Subscribe an address that gets nothing yet; the subscription's ARN.

        An address that is subscribed already keeps its subscription.

        Raises:
            ValidationFailedError: SNS does not take the address.
        """
        members: dict[str, Any] = {
            "TopicArn": self._topic_arn,
            "Protocol": "email",
            "Endpoint": address,
            "ReturnSubscriptionArn": True,
        }
        nothing = {"FilterPolicy": _policy(())}
        try:
            answer = _call(self._client.subscribe, **members, Attributes=nothing)
        except _RefusedError as error:
            if OTHER_ATTRIBUTES not in error.reason:
                raise ValidationFailedError.of(
                    "/alertEmails", f"{address} is not an address that mail can be sent to"
                ) from error
            answer = _call(self._client.subscribe, **members)
        arn: str = answer["SubscriptionArn"]
        return arn

    def state(self, arn: str) -> Subscription | None:
        """A subscription as it stands; None when there is none any more."""
        try:
            answer = _call(self._client.get_subscription_attributes, SubscriptionArn=arn)
        except _GoneError:
            return None
        attributes = answer["Attributes"]
        policy = json.loads(attributes.get("FilterPolicy") or "{}")
        shown = (workspace for workspace in policy.get(ATTRIBUTE, ()) if workspace != NO_WORKSPACE)
        pending = str(attributes.get("PendingConfirmation")).lower() == "true"
        return Subscription(not pending, tuple(sorted(shown)))

    def show(self, arn: str, workspace_ids: Sequence[str]) -> bool:
        """Let the alerts of these workspaces through, and no others; False when it is gone."""
        try:
            _call(
                self._client.set_subscription_attributes,
                SubscriptionArn=arn,
                AttributeName="FilterPolicy",
                AttributeValue=_policy(workspace_ids),
            )
        except _GoneError:
            return False
        return True

    def unsubscribe(self, arn: str) -> None:
        """End a subscription that is confirmed. Repeating it changes nothing."""
        with suppress(_GoneError):
            _call(self._client.unsubscribe, SubscriptionArn=arn)


def _policy(workspace_ids: Sequence[str]) -> str:
    return json.dumps({ATTRIBUTE: sorted(workspace_ids) or [NO_WORKSPACE]})


def _call(method: Callable[..., Any], **members: Any) -> Any:
    try:
        return method(**members)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in GONE:
            raise _GoneError(UNAVAILABLE) from error
        if code in INVALID:
            raise _RefusedError(error.response["Error"]["Message"]) from error
        raise UnavailableError(UNAVAILABLE) from error
    except BotoCoreError as error:
        raise UnavailableError(UNAVAILABLE) from error
