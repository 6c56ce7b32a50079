"""The dashboard: a closed bucket behind CloudFront, and the API behind the same address.

Why addresses of callers can be believed behind it, and what is cached, is decision 32.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, Fn
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets

from infra.nag import accept, accept_plain_http

if TYPE_CHECKING:
    from aws_cdk import aws_apigatewayv2 as gateway
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey

CODE: Final = Path(__file__).parent / "edge"
EDGE_HEADER: Final = "x-tally-edge"
"""Carries the secret that only the distribution and the functions know."""

YEAR: Final = Duration.days(365)
SECRET_LENGTH: Final = 43
"""Letters and digits: as many guesses as a key of 256 bits has."""

POLICY: Final = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "object-src": "'none'",
}
"""What the page may load; `connect-src` is added by the stack, which knows where people sign in."""

PERMISSIONS: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class Site:
    """`bucket` takes the built page, `url` is where people find it, `secret` what the API believes."""

    def __init__(
        self,
        scope: Construct,
        stage: Stage,
        data_key: DataKey,
        *,
        api: gateway.HttpApi,
        access_log: s3.Bucket,
        connects_to: tuple[str, ...],
    ) -> None:
        self._scope = scope
        self._stage = stage
        self._secret = _build_secret(scope, data_key)
        self.bucket = self._build_bucket(access_log)
        self.distribution = self._build_distribution(api, connects_to)

    @property
    def secret(self) -> str:
        """The secret of the distribution, as a reference: it stands in no template."""
        return self._secret.secret_value.unsafe_unwrap()

    @property
    def url(self) -> str:
        """The dashboard's address."""
        if self._stage.dashboard_domain:
            return f"https://{self._stage.dashboard_domain}"
        name = self.distribution.distribution_domain_name
        if self._stage.cloud_url:
            label = Fn.select(0, Fn.split(".", name))
            return f"http://{label}.cloudfront.localhost:{self._port}"
        return f"https://{name}"

    @property
    def _port(self) -> int:
        assert self._stage.cloud_url is not None
        return int(self._stage.cloud_url.rpartition(":")[2])

    def _build_bucket(self, access_log: s3.Bucket) -> s3.Bucket:
        # The page is the same for everybody and made anew by every build: AWS's encryption, no versions.
        bucket = s3.Bucket(
            self._scope,
            "SiteBucket",
            server_access_logs_bucket=access_log,
            server_access_logs_prefix="site/",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=self._stage.tls_only,
            minimum_tls_version=1.2 if self._stage.tls_only else None,
            versioned=False,
            removal_policy=self._stage.removal,
        )
        accept_plain_http(bucket, self._stage, "S10")
        return bucket

    def _build_distribution(
        self, api: gateway.HttpApi, connects_to: tuple[str, ...]
    ) -> cloudfront.Distribution:
        stage = self._stage
        https = (
            cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS
            if stage.tls_only
            else cloudfront.ViewerProtocolPolicy.ALLOW_ALL
        )
        own = stage.dashboard_certificate
        certificate = (
            acm.Certificate.from_certificate_arn(self._scope, "SiteCertificate", own)
            if own
            else None
        )
        distribution = cloudfront.Distribution(
            self._scope,
            "Site",
            comment="Tally's dashboard, and its API at the same address",
            default_root_object="index.html",
            domain_names=[stage.dashboard_domain] if stage.dashboard_domain else None,
            certificate=certificate,
            # CloudFront's own certificate takes no such demand.
            minimum_protocol_version=(
                cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if certificate else None
            ),
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=https,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                # As long as each file says itself (see `infra.publish`), compressed.
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                compress=True,
                response_headers_policy=self._headers("PageHeaders", _policy(connects_to)),
                function_associations=[self._function("page")],
            ),
            additional_behaviors={
                "/api/*": cloudfront.BehaviorOptions(
                    origin=self._api_origin(api),
                    viewer_protocol_policy=(
                        # Who sends a credential in the open is told so, not led on.
                        cloudfront.ViewerProtocolPolicy.HTTPS_ONLY if stage.tls_only else https
                    ),
                    allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    origin_request_policy=(
                        cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER
                    ),
                    # The API's own policies stay: its reference page has another than the dashboard.
                    response_headers_policy=self._headers("ApiHeaders", None),
                    function_associations=[self._function("viewer")],
                )
            },
        )
        _accept_findings(distribution, stage)
        return distribution

    def _api_origin(self, api: gateway.HttpApi) -> origins.HttpOrigin:
        secret = {EDGE_HEADER: self.secret}
        if self._stage.cloud_url:
            return origins.HttpOrigin(
                "127.0.0.1",
                http_port=self._port,
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY,
                origin_path=f"/_aws/execute-api/{api.api_id}/$default",
                custom_headers=secret,
            )
        return origins.HttpOrigin(
            Fn.select(2, Fn.split("/", api.api_endpoint)),
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            custom_headers=secret,
        )

    def _function(self, name: str) -> cloudfront.FunctionAssociation:
        function = cloudfront.Function(
            self._scope,
            f"{name.title()}AtTheEdge",
            code=cloudfront.FunctionCode.from_inline((CODE / f"{name}.js").read_text()),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        return cloudfront.FunctionAssociation(
            function=function, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
        )

    def _headers(self, name: str, policy: str | None) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self._scope,
            name,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=(
                    cloudfront.ResponseHeadersContentSecurityPolicy(
                        content_security_policy=policy, override=True
                    )
                    if policy
                    else None
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=YEAR, include_subdomains=True, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    # Ids of users stand in addresses.
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER,
                    override=True,
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(
                        header="permissions-policy", value=PERMISSIONS, override=True
                    ),
                    cloudfront.ResponseCustomHeader(
                        header="cross-origin-opener-policy", value="same-origin", override=True
                    ),
                ]
            ),
        )


def _policy(connects_to: tuple[str, ...]) -> str:
    directives = {**POLICY, "connect-src": " ".join(("'self'", *connects_to))}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _build_secret(scope: Construct, data_key: DataKey) -> secrets.Secret:
    secret = secrets.Secret(
        scope,
        "EdgeSecret",
        description="By it Tally knows requests that come through its own distribution",
        encryption_key=data_key.key,
        generate_secret_string=secrets.SecretStringGenerator(
            password_length=SECRET_LENGTH, exclude_punctuation=True
        ),
    )
    accept(
        secret,
        "Distribution and functions have to change it together, which is a deployment. Whoever has it can "
        "make up the address they call from, nothing more.",
        "SMG4",
    )
    return secret


def _accept_findings(distribution: cloudfront.Distribution, stage: Stage) -> None:
    accept(distribution, "Who may use Tally is not a matter of countries.", "CFR1")
    accept(
        distribution,
        "A firewall costs a fee when nobody calls; the gateway and the functions throttle.",
        "CFR2",
    )
    accept(
        distribution,
        "CloudFront's log writes down whole addresses with their query strings, in which ids of users "
        "stand, for ever out of an erasure's reach. What was asked is in the API's access log and in the "
        "audit trail, what was read of the bucket in the log of the buckets, all without them.",
        "CFR3",
    )
    if not stage.dashboard_certificate:
        accept(
            distribution,
            "CloudFront's own certificate lets no later protocol be demanded; browsers choose TLS 1.3. A "
            "domain of its own (dashboardDomain, dashboardCertificate) demands TLS 1.2.",
            "CFR4",
        )
    if not stage.tls_only:
        accept(distribution, "The local cloud speaks plain HTTP on the loopback address.", "CFR5")
