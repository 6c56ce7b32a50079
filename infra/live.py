"""Pages that are open: a WebSocket API for their connections, and a queue of what they are to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_integrations import WebSocketLambdaIntegration

from infra.nag import accept
from infra.queues import build_queue

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.functions import Functions
    from infra.key import DataKey

STAGE_NAME: Final = "live"
ROUTES: Final = ("$connect", "hello", "$disconnect")

NEWS_KEPT: Final = Duration.minutes(2)
"""Older news is none: pages look by themselves."""

VISIBILITY: Final = Duration.seconds(90)
"""Six times the function's limit, as Lambda asks for."""

BATCH: Final = 100
"""Messages taken at once: of changes that came close together, pages are told one."""

TAKE: Final = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


class Live:
    """The API exists before the function it leads to, which is told of both its addresses."""

    def __init__(self, scope: Construct, stage: Stage, data_key: DataKey) -> None:
        self._scope = scope
        self._stage = stage
        self.api = gateway.WebSocketApi(
            scope,
            "LiveApi",
            api_name="tally-live",
            description="Tells pages that are open of changes",
            route_selection_expression="$request.body.action",
        )
        self.queue = build_queue(
            scope, "LiveNews", stage, data_key, visibility=VISIBILITY, retention=NEWS_KEPT
        )
        accept(
            self.queue,
            "What is not told in time is seen by the page's next look: there is nothing to keep.",
            "SQS3",
        )
        self._build_stage()

    @property
    def url(self) -> str:
        """Where pages connect."""
        if self._stage.cloud_url:
            return f"{self._stage.cloud_url.replace('http', 'ws', 1)}{self._path}"
        return f"{self._origin}/{STAGE_NAME}"

    @property
    def origin(self) -> str:
        """The same without its path, as a content security policy names it."""
        if self._stage.cloud_url:
            return self._stage.cloud_url.replace("http", "ws", 1)
        return self._origin

    @property
    def endpoint(self) -> str:
        """Where the function reaches connections."""
        if self._stage.cloud_url:
            return f"{self._stage.cloud_url}{self._path}"
        return f"https://{self._origin.removeprefix('wss://')}/{STAGE_NAME}"

    @property
    def _origin(self) -> str:
        stack = Stack.of(self._scope)
        return f"wss://{self.api.api_id}.execute-api.{stack.region}.{stack.url_suffix}"

    @property
    def _path(self) -> str:
        return f"/_aws/execute-api/{self.api.api_id}/{STAGE_NAME}"

    def _build_stage(self) -> None:
        limits = gateway.ThrottleSettings(
            rate_limit=self._stage.live_messages_per_second,
            burst_limit=self._stage.live_message_burst,
        )
        stage = gateway.WebSocketStage(
            self._scope,
            "LiveStage",
            web_socket_api=self.api,
            stage_name=STAGE_NAME,
            auto_deploy=True,
            throttle=limits,
        )
        accept(
            stage,
            "Its access log needs a role set for the account as a whole, which is not this stack's to set. "
            "The function logs every hello and every refusal.",
            "APIG1",
        )

    def lead_to(self, functions: Functions) -> None:
        """Make the routes, and hand the news over."""
        function, role = functions["live"], functions.roles["live"]
        for route in ROUTES:
            made = self.api.add_route(
                route,
                integration=WebSocketLambdaIntegration(f"Live{route.strip('$').title()}", function),
            )
            accept(
                made,
                "A browser can send no header when it connects, and a token in an address would stand in "
                "logs: the first message carries it, checked by the code that checks every request's. Who "
                "sends none is told nothing and disconnected.",
                "APIG4",
            )
        mapping = lambda_.CfnEventSourceMapping(
            self._scope,
            "LiveNewsSource",
            function_name=function.function_name,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH,
            maximum_batching_window_in_seconds=0,
        )
        mapping.node.add_dependency(role)

    def allow(self, role: iam.Role) -> None:
        """Let a role reach connections of this API, and work the queue off."""
        stack = Stack.of(self._scope)
        where = f"{STAGE_NAME}/*/@connections/*"
        connections = stack.format_arn(
            service="execute-api", resource=self.api.api_id, resource_name=where
        )
        accept(
            role,
            "Connections have names that the gateway makes; the role reaches those of this one API.",
            f"IAM5[Resource::{_text(stack.resolve(connections))}]",
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["execute-api:ManageConnections"], resources=[connections])
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage", *TAKE], resources=[self.queue.queue_arn]
            )
        )


def _text(joined: dict[str, Any]) -> str:
    """An ARN with its references, as a finding spells it."""
    _, parts = joined["Fn::Join"]
    return "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts)
