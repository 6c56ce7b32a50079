"""The gateway serves the route table and nothing else."""

from shared.routes import ROUTES
from tests.infra.template import Template, text


def _served(template: Template) -> dict[str, str]:
    functions = {logical: name for name, (logical, _) in template.functions().items()}
    integrations = {
        name: functions[text(properties["IntegrationUri"])]
        for name, properties in template.of_type("ApiGatewayV2::Integration").items()
    }
    return {
        route["RouteKey"]: integrations[text(route["Target"]).removeprefix("integrations/")]
        for route in template.of_type("ApiGatewayV2::Route").values()
    }


def test_every_route_of_the_table_leads_to_its_function_and_the_rest_to_edge(
    template: Template,
) -> None:
    wanted = {route.key: route.function for route in ROUTES} | {"$default": "edge"}

    assert _served(template) == wanted


def test_the_gateway_may_start_every_function_it_leads_to_and_no_other(template: Template) -> None:
    allowed = {
        text(permission["FunctionName"])
        for permission in template.of_type("Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    functions = template.functions()

    assert allowed == {functions[name][0] for name in set(_served(template).values())}


def test_nothing_but_the_gateway_may_start_a_function_from_outside(template: Template) -> None:
    principals = {p["Principal"] for p in template.of_type("Lambda::Permission").values()}

    assert principals == {"apigateway.amazonaws.com"}
    assert template.of_type("Lambda::Url") == {}


def test_the_stage_is_throttled(template: Template) -> None:
    _, stage = template.only("ApiGatewayV2::Stage")
    settings = stage["DefaultRouteSettings"]

    assert settings["ThrottlingRateLimit"] >= 1_000
    assert settings["ThrottlingBurstLimit"] >= settings["ThrottlingRateLimit"]


def test_the_access_log_tells_who_asked_what_and_no_secret(template: Template) -> None:
    _, stage = template.only("ApiGatewayV2::Stage")
    log_format = stage["AccessLogSettings"]["Format"]

    assert text(stage["AccessLogSettings"]["DestinationArn"]) in template.of_type("Logs::LogGroup")
    for wanted in ("requestId", "identity.sourceIp", "routeKey", "status"):
        assert f"$context.{wanted}" in log_format
    for secret in ("queryString", "rawQuery", "header", "path"):
        assert secret not in log_format
