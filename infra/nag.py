"""Findings of cdk-nag that are accepted, each beside its resource and with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Validations

if TYPE_CHECKING:
    from constructs import IConstruct

    from infra.config import Stage


def accept(construct: IConstruct, reason: str, *findings: str) -> None:
    """Accept `findings` (rule ids without the pack's name) on a resource, for `reason`."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding in findings)
    )


def accept_lint(construct: IConstruct, reason: str, *findings: str) -> None:
    """The same for findings of the CDK's own check of the template."""
    Validations.of(construct).acknowledge(
        *(
            Acknowledgment(id=f"CloudFormation-Validate::{finding}", reason=reason)
            for finding in findings
        )
    )


def accept_plain_http(construct: IConstruct, stage: Stage, finding: str) -> None:
    """Accept that a resource can be reached without TLS where the cloud has none."""
    if not stage.tls_only:
        accept(construct, "The local cloud speaks plain HTTP on the loopback address.", finding)
