"""The gateway serves the route table and nothing else."""

from shared.routes import ROUTES
from tests.infra.template import Resource, Template, target, text


def _api(template: Template, protocol: str) -> str:
    """The API of a protocol: HTTP, or WEBSOCKET for pages that are open."""
    (api,) = [
        name
        for name, properties in template.of_type("ApiGatewayV2::Api").items()
        if properties["ProtocolType"] == protocol
    ]
    return api


def _stage(template: Template, protocol: str) -> Resource:
    (stage,) = [
        properties
        for properties in template.of_type("ApiGatewayV2::Stage").values()
        if target(properties["ApiId"]) == _api(template, protocol)
    ]
    return stage


def _served(template: Template, protocol: str = "HTTP") -> dict[str, str]:
    functions = {logical: name for name, (logical, _) in template.functions().items()}
    integrations = {
        name: next(f for f in functions if f in text(properties["IntegrationUri"]))
        for name, properties in template.of_type("ApiGatewayV2::Integration").items()
    }
    return {
        route["RouteKey"]: functions[integrations[text(route["Target"]).split("/")[1]]]
        for route in template.of_type("ApiGatewayV2::Route").values()
        if target(route["ApiId"]) == _api(template, protocol)
    }


def test_every_route_of_the_table_leads_to_its_function_and_the_rest_to_edge(
    template: Template,
) -> None:
    wanted = {route.key: route.function for route in ROUTES} | {"$default": "edge"}

    assert _served(template) == wanted


def test_connections_of_pages_lead_to_their_function_and_say_hello_first(
    template: Template,
) -> None:
    assert _served(template, "WEBSOCKET") == dict.fromkeys(
        ("$connect", "hello", "$disconnect"), "live"
    )


def test_the_gateway_may_start_every_function_it_leads_to_and_no_other(template: Template) -> None:
    allowed = {
        text(permission["FunctionName"])
        for permission in template.of_type("Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    functions = template.functions()

    served = {*_served(template).values(), *_served(template, "WEBSOCKET").values()}
    assert allowed == {functions[name][0] for name in served}


def test_nothing_but_the_gateway_may_start_a_function_from_outside(template: Template) -> None:
    principals = {p["Principal"] for p in template.of_type("Lambda::Permission").values()}

    assert principals == {"apigateway.amazonaws.com"}
    assert template.of_type("Lambda::Url") == {}


def test_the_stage_is_throttled(template: Template) -> None:
    settings = _stage(template, "HTTP")["DefaultRouteSettings"]
    messages = _stage(template, "WEBSOCKET")["DefaultRouteSettings"]

    assert settings["ThrottlingRateLimit"] >= 1_000
    assert settings["ThrottlingBurstLimit"] >= settings["ThrottlingRateLimit"]
    assert 0 < messages["ThrottlingRateLimit"] <= 500


def test_the_access_log_tells_who_asked_what_and_no_secret(template: Template) -> None:
    stage = _stage(template, "HTTP")
    log_format = stage["AccessLogSettings"]["Format"]

    assert text(stage["AccessLogSettings"]["DestinationArn"]) in template.of_type("Logs::LogGroup")
    for wanted in ("requestId", "identity.sourceIp", "routeKey", "status"):
        assert f"$context.{wanted}" in log_format
    for secret in ("queryString", "rawQuery", "header", "path"):
        assert secret not in log_format
