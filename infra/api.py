"""The gateway: a route for every row of the route table, and `edge` for everything else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration

from infra.function_specs import BY_NAME, GATEWAY_TIMEOUT
from infra.nag import accept
from shared.routes import ROUTES

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.functions import Functions
    from infra.key import DataKey

FALLBACK = "edge"

# No query string and no header: ids of users stand in the one, credentials in the other.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "functionMs": "$context.integrationLatency",
    "error": "$context.integrationErrorMessage",
}


class Api:
    """The HTTP API, its one stage and its access log. It exists before the functions it leads to."""

    def __init__(self, scope: Construct, stage: Stage, data_key: DataKey) -> None:
        self.api = gateway.HttpApi(
            scope, "Api", description="Tally", api_name="tally", create_default_stage=False
        )
        self._integrations: dict[str, HttpLambdaIntegration] = {}
        self._stage(scope, stage, data_key)

    def lead_to(self, functions: Functions) -> None:
        """Make the routes."""
        for route in ROUTES:
            self._route(functions, route.key, route.path, route.method, route.function)
        self._route(functions, "$default", "$default", "ANY", FALLBACK)

    def _route(self, functions: Functions, key: str, path: str, method: str, function: str) -> None:
        # One permission a function, not one a route: a function's policy holds 20 KB.
        integration = self._integrations.setdefault(
            function,
            HttpLambdaIntegration(
                BY_NAME[function].construct_id,
                functions[function],
                timeout=GATEWAY_TIMEOUT,
                scope_permission_to_route=False,
            ),
        )
        route = gateway.HttpRoute(
            self.api,
            key,
            http_api=self.api,
            integration=integration,
            route_key=(
                gateway.HttpRouteKey.DEFAULT
                if key == "$default"
                else gateway.HttpRouteKey.with_(path, gateway.HttpMethod[method])
            ),
        )
        accept(
            route,
            "Every function identifies the caller itself, denying by default: a gateway authorizer "
            "answers bare 401 and 403 where the contract wants problem documents, and cannot tell "
            "an API key from a token.",
            "APIG4",
        )

    def _stage(self, scope: Construct, stage: Stage, data_key: DataKey) -> None:
        log_group = logs.LogGroup(
            scope,
            "AccessLog",
            encryption_key=data_key.key,
            retention=stage.log_retention,
            removal_policy=stage.removal,
        )
        gateway.CfnStage(
            scope,
            "DefaultStage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=stage.requests_per_second,
                throttling_burst_limit=stage.request_burst,
            ),
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
        )
