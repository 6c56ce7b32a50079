"""The one key that everything at rest is encrypted with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage

USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class DataKey:
    """The operator's key for table, buckets, topics, queues and logs; `key` is None without one."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        self.key: kms.Key | None = None
        if not stage.own_key:
            return
        self.key = kms.Key(
            scope,
            "DataKey",
            description="Everything Tally keeps",
            enable_key_rotation=True,
            removal_policy=stage.removal,
        )
        self._admit_services(Stack.of(scope), self.key)

    @staticmethod
    def _admit_services(stack: Stack, key: kms.Key) -> None:
        """Let CloudWatch write encrypted logs and ring the encrypted alarm topic."""
        key.grant_encrypt_decrypt(
            iam.ServicePrincipal(
                f"logs.{stack.region}.amazonaws.com",
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                            service="logs", resource="*"
                        )
                    }
                },
            )
        )
        key.grant_encrypt_decrypt(
            iam.ServicePrincipal(
                "cloudwatch.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )

    def allow(self, role: iam.IRole, *services: str) -> None:
        """Let `role` use the key, only through the named services (`dynamodb`, `s3`, …)."""
        if self.key is None or not services:
            return
        region = Stack.of(role).region
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=list(USE),
                resources=[self.key.key_arn],
                conditions={
                    "StringEquals": {
                        "kms:ViaService": [
                            f"{service}.{region}.amazonaws.com" for service in sorted(services)
                        ]
                    }
                },
            )
        )
