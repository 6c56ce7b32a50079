"""The dashboard's front door: what is served from where, kept for how long, under which headers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.config import prod
from infra.publish import fingerprint, publish, settings_of
from infra.site import CODE
from tests.infra.conftest import CLOUD_URL, REGION, Synthesise
from tests.infra.template import Resource, Template, target, text

OUTPUTS = {
    "SiteBucketName": "site",
    "CognitoUrl": "https://cognito-idp.eu-central-1.amazonaws.com",
    "UserPoolId": "eu-central-1_pool",
    "UserPoolClientId": "client",
    "LiveUrl": "wss://live.example.com/live",
    "StageName": "prod",
}
ALL_METHODS = {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}


def _config(template: Template) -> Resource:
    config: Resource = template.only("CloudFront::Distribution")[1]["DistributionConfig"]
    return config


def _page(template: Template) -> Resource:
    page: Resource = _config(template)["DefaultCacheBehavior"]
    return page


def _api(template: Template) -> Resource:
    (behaviour,) = _config(template)["CacheBehaviors"]
    assert behaviour["PathPattern"] == "/api/*"
    return dict(behaviour)


def _origin(template: Template, behaviour: Resource) -> Resource:
    (origin,) = [
        each for each in _config(template)["Origins"] if each["Id"] == behaviour["TargetOriginId"]
    ]
    return dict(origin)


def _headers(template: Template, behaviour: Resource) -> Resource:
    policy = target(behaviour["ResponseHeadersPolicyId"])
    config = template.of_type("CloudFront::ResponseHeadersPolicy")[policy]
    return dict(config["ResponseHeadersPolicyConfig"])


def _at_the_edge(name: str, uri: str) -> dict[str, Any]:
    """What a function of the distribution makes of a request for `uri` from 203.0.113.9."""
    event = {
        "viewer": {"ip": "203.0.113.9"},
        "request": {
            "uri": uri,
            "headers": {"x-tally-viewer": {"value": "198.51.100.1"}, "accept": {"value": "*/*"}},
        },
    }
    code = (CODE / f"{name}.js").read_text()
    run = f"{code}\nprocess.stdout.write(JSON.stringify(handler({json.dumps(event)})));"
    done = subprocess.run(["node", "-e", run], capture_output=True, text=True, check=True)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_the_page_comes_from_a_bucket_that_only_the_distribution_reads(template: Template) -> None:
    origin = _origin(template, _page(template))
    bucket = target(template.document["Outputs"]["SiteBucketName"]["Value"])
    distribution, _ = template.only("CloudFront::Distribution")
    control, properties = template.only("CloudFront::OriginAccessControl")
    (allowed,) = [
        statement
        for policy in template.of_type("S3::BucketPolicy").values()
        if target(policy["Bucket"]) == bucket
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert target(origin["DomainName"]) == bucket
    assert target(origin["OriginAccessControlId"]) == control
    assert properties["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    assert allowed["Action"] == "s3:GetObject"
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert distribution in text(allowed["Condition"]["StringEquals"]["AWS:SourceArn"])


def test_the_page_is_compressed_kept_as_its_files_say_and_only_read(template: Template) -> None:
    page = _page(template)

    assert page["Compress"] is True
    assert page["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"  # CachingOptimized
    assert set(page["AllowedMethods"]) == {"GET", "HEAD"}


def test_the_api_is_behind_the_same_address_and_never_kept(template: Template) -> None:
    api = _api(template)

    assert api["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled
    # AllViewerExceptHostHeader: Authorization, If-None-Match, Idempotency-Key and the query go on.
    assert api["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    assert set(api["AllowedMethods"]) == ALL_METHODS


def test_no_error_of_the_api_is_swallowed_by_the_page(template: Template) -> None:
    assert "CustomErrorResponses" not in _config(template)


def test_on_aws_all_is_https_and_credentials_in_the_open_are_not_led_on(on_aws: Template) -> None:
    api, page = _api(on_aws), _page(on_aws)
    origin = _origin(on_aws, api)["CustomOriginConfig"]

    assert page["ViewerProtocolPolicy"] == "redirect-to-https"
    assert api["ViewerProtocolPolicy"] == "https-only"
    assert origin["OriginProtocolPolicy"] == "https-only"
    assert origin["OriginSSLProtocols"] == ["TLSv1.2"]


def test_the_distribution_shows_the_functions_a_secret_that_stands_in_no_template(
    template: Template,
) -> None:
    secret, properties = template.only("SecretsManager::Secret")
    (header,) = _origin(template, _api(template))["OriginCustomHeaders"]
    told = template.functions()["admin"][1]["Environment"]["Variables"]["EDGE_SECRET"]

    assert header["HeaderName"] == "x-tally-edge"
    assert header["HeaderValue"] == told
    assert text(told) == f"{{{{resolve:secretsmanager:{secret}:SecretString:::}}}}"
    assert properties["GenerateSecretString"]["PasswordLength"] >= 43


def test_only_the_api_gets_the_secret(template: Template) -> None:
    assert "OriginCustomHeaders" not in _origin(template, _page(template))


def test_the_page_may_load_from_its_own_address_and_ask_where_people_sign_in(
    on_aws: Template, on_this_machine: Template
) -> None:
    for template, sign_in in (
        (on_aws, f"https://cognito-idp.{REGION}.AWS::URLSuffix"),
        (on_this_machine, CLOUD_URL),
    ):
        security = _headers(template, _page(template))["SecurityHeadersConfig"]
        policy = security["ContentSecurityPolicy"]
        said = text(policy["ContentSecurityPolicy"]).split("; ")

        assert policy["Override"] is True
        for directive in (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "object-src 'none'",
        ):
            assert directive in said
        (connect,) = [each for each in said if each.startswith("connect-src ")]
        assert connect.split()[1:3] == ["'self'", sign_in]
        assert "unsafe" not in text(policy["ContentSecurityPolicy"])
        assert "*" not in text(policy["ContentSecurityPolicy"])


@pytest.mark.parametrize("part", [_page, _api])
def test_every_answer_has_the_headers_that_keep_browsers_from_harm(
    template: Template, part: Callable[[Template], Resource]
) -> None:
    config = _headers(template, part(template))
    security = config["SecurityHeadersConfig"]
    custom = {each["Header"]: each["Value"] for each in config["CustomHeadersConfig"]["Items"]}

    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert security["ContentTypeOptions"] == {"Override": True}
    assert security["FrameOptions"] == {"FrameOption": "DENY", "Override": True}
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
    assert "camera=()" in custom["permissions-policy"]


def test_the_apis_own_policies_stay(template: Template) -> None:
    """Its reference page runs under a policy of its own."""
    security = _headers(template, _api(template))["SecurityHeadersConfig"]

    assert "ContentSecurityPolicy" not in security


def test_a_domain_of_its_own_demands_tls_1_2(synthesise: Synthesise) -> None:
    domain, certificate = "tally.example.com", "arn:aws:acm:us-east-1:123456789012:certificate/x"
    template = synthesise(prod("1.2.3", dashboard_domain=domain, dashboard_certificate=certificate))
    viewer = _config(template)["ViewerCertificate"]

    assert _config(template)["Aliases"] == [domain]
    assert viewer["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert viewer["AcmCertificateArn"] == certificate
    assert template.document["Outputs"]["DashboardUrl"]["Value"] == f"https://{domain}"


def test_a_domain_without_a_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="go together"):
        prod("1.2.3", dashboard_domain="tally.example.com")


@pytest.mark.parametrize(
    "uri", ["/", "/usage", "/users/alice.smith", "/users/a.b/transactions", "/a.b/c", "/.well/x"]
)
def test_an_address_within_the_page_is_the_page(uri: str) -> None:
    assert _at_the_edge("page", uri)["uri"] == "/index.html"


@pytest.mark.parametrize(
    "uri", ["/index.html", "/config.json", "/favicon.svg", "/assets/index-4f3a.js"]
)
def test_a_file_is_the_file(uri: str) -> None:
    assert _at_the_edge("page", uri)["uri"] == uri


def test_what_a_caller_says_of_their_address_is_written_over() -> None:
    headers = _at_the_edge("viewer", "/api/health")["headers"]

    assert headers["x-tally-viewer"] == {"value": "203.0.113.9"}
    assert headers["accept"] == {"value": "*/*"}


class Bucket:
    """Takes files as S3 does."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, Any]] = {}

    def put_object(self, **file: Any) -> None:
        self.files[file["Key"]] = file


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build of a page."""
    for name in ("index.html", "favicon.svg", "assets/app-1a2b.js", "assets/app-1a2b.css"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    return tmp_path


def test_hashed_files_are_kept_for_a_year_and_what_names_them_is_asked_for_anew(
    built: Path,
) -> None:
    bucket = Bucket()
    publish(bucket, built, OUTPUTS)  # type: ignore[arg-type]
    kept = {name: file["CacheControl"] for name, file in bucket.files.items()}

    assert list(bucket.files)[-1] == "index.html"
    assert kept == {
        "config.json": "no-cache",
        "assets/app-1a2b.css": "public, max-age=31536000, immutable",
        "assets/app-1a2b.js": "public, max-age=31536000, immutable",
        "favicon.svg": "no-cache",
        "index.html": "no-cache",
    }
    assert bucket.files["assets/app-1a2b.js"]["ContentType"] == "text/javascript; charset=utf-8"
    assert bucket.files["index.html"]["ContentType"] == "text/html; charset=utf-8"
    assert json.loads(bucket.files["config.json"]["Body"]) == settings_of(OUTPUTS)


def test_the_page_is_told_what_it_needs_and_no_more() -> None:
    assert settings_of({**OUTPUTS, "TableName": "secret"}) == {
        "region": "eu-central-1",
        "cognitoUrl": "https://cognito-idp.eu-central-1.amazonaws.com",
        "userPoolId": "eu-central-1_pool",
        "clientId": "client",
        "liveUrl": "wss://live.example.com/live",
        "stage": "prod",
    }


def test_nothing_is_put_there_where_nothing_is_built(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make dashboard"):
        publish(Bucket(), tmp_path, OUTPUTS)  # type: ignore[arg-type]


def test_another_build_or_another_stack_is_another_publication(built: Path) -> None:
    before = fingerprint(built, OUTPUTS)
    assert fingerprint(built, {**OUTPUTS, "UserPoolClientId": "other"}) != before
    (built / "index.html").write_text("changed")
    assert fingerprint(built, OUTPUTS) != before
