"""The CDK app, and the only reader of environment and context.

Context, given with `--context name=value`: `stage` (`prod`, `local`), `alarmEmail`,
`dashboardDomain` with `dashboardCertificate` (its ARN), `ownKey` (`false`: AWS's keys instead of the
operator's), `replicaRegion` (a copy of the table there) with `replicaKeyArn` (its key, where the keys are
the operator's).
"""

from __future__ import annotations

import os
import platform
import sys
import tomllib

from aws_cdk import (
    Annotations,
    App,
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    Environment,
    Tags,
    Validations,
)
from cdk_nag import AwsSolutionsChecks

from infra import bundling
from infra.config import Architecture, Replica, Stage, Target, local, prod
from infra.stack import TallyStack

LOCAL_ACCOUNT = "000000000000"
LOCAL_REGION = "us-east-1"


def product_version() -> str:
    """The version that `pyproject.toml` names."""
    project = tomllib.loads((bundling.ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def host_target() -> Target:
    """This interpreter and this processor."""
    arm = platform.machine() in {"arm64", "aarch64"}
    architecture: Architecture = "arm64" if arm else "x86_64"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Target(python=python, architecture=architecture, on_host=True)


def read_stage(app: App) -> Stage:
    """The stage that the context asks for.

    Raises:
        ValueError: there is no such stage.
    """

    def context(name: str) -> str | None:
        value = app.node.try_get_context(name)
        return None if value is None else str(value)

    name = context("stage") or "prod"
    if name == "local":
        return local(product_version(), host_target(), os.environ.get("AWS_ENDPOINT_URL"))
    if name == "prod":
        return prod(
            product_version(),
            own_key=(context("ownKey") or "true").lower() != "false",
            replica=(
                Replica(region=region, key_arn=context("replicaKeyArn"))
                if (region := context("replicaRegion"))
                else None
            ),
            alarm_email=context("alarmEmail"),
            dashboard_domain=context("dashboardDomain"),
            dashboard_certificate=context("dashboardCertificate"),
        )
    raise ValueError(f"stage is prod or local, not {name!r}")


def build(app: App, stage: Stage) -> TallyStack:
    """The stack of a stage in `app`, with every rule of the AwsSolutions pack checked.

    The local cloud takes the caller's own credentials: it enforces IAM, and the roles that the usual
    bootstrap makes may not write there.
    """
    on_aws = stage.name == "prod"
    stack = TallyStack(
        app,
        f"tally-{stage.name}",
        stage,
        env=Environment(
            account=os.environ.get("CDK_DEFAULT_ACCOUNT") if on_aws else LOCAL_ACCOUNT,
            region=os.environ.get("CDK_DEFAULT_REGION") if on_aws else LOCAL_REGION,
        ),
        termination_protection=stage.retain_data,
        synthesizer=DefaultStackSynthesizer() if on_aws else CliCredentialsStackSynthesizer(),
    )
    Tags.of(stack).add("application", "tally")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    if not bundling.can_compile(stage.target):
        Annotations.of(stack).add_info(
            f"No Python {stage.target.python} here: the functions are not compiled ahead, and "
            "their cold starts are about three times as long."
        )
    return stack


def main() -> None:
    """Write the cloud assembly; the CDK's own command line calls this."""
    app = App()
    build(app, read_stage(app))
    app.synth()


if __name__ == "__main__":
    main()
