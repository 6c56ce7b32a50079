"""The functions: one zip, one log group and one role of its own each, and the layers they share."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from infra.bundling import build_layer, stage_functions
from infra.config import NEWEST_PYTHON
from infra.function_specs import FUNCTIONS, FunctionSpec
from infra.nag import accept
from shared.store.schema import GATE_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey
    from infra.table import DataTable

METRICS_NAMESPACE = "Tally"
_ARCHITECTURES = {
    "arm64": lambda_.Architecture.ARM_64,
    "x86_64": lambda_.Architecture.X86_64,
}


class Functions:
    """`roles` exist first, so that resources can name them; `build` makes the functions."""

    def __init__(self, scope: Construct, stage: Stage, data_key: DataKey, table: DataTable) -> None:
        self._scope = scope
        self._stage = stage
        self._data_key = data_key
        self._table = table
        self._runtime = lambda_.Runtime(
            f"python{stage.target.python}", lambda_.RuntimeFamily.PYTHON
        )
        self.roles = {spec.name: self._role(spec) for spec in FUNCTIONS}
        self.functions: dict[str, lambda_.Function] = {}

    def build(self, settings: Mapping[str, str]) -> None:
        """Make every function; each is told the `settings` it asks for and no others.

        Raises:
            KeyError: a function asks for a setting that is not there.
        """
        locks = dict.fromkeys(lock for spec in FUNCTIONS for lock in spec.packages)
        layers = {lock: self._layer(lock) for lock in locks}
        # The CDK copies a folder when it is named, so it need not outlive this method.
        with tempfile.TemporaryDirectory() as staging:
            names = [spec.name for spec in FUNCTIONS]
            code = stage_functions(names, self._stage.target, Path(staging))
            for spec in FUNCTIONS:
                own_layers = [layers[lock] for lock in spec.packages]
                self.functions[spec.name] = self._function(
                    spec, code[spec.name], own_layers, settings
                )

    def __getitem__(self, name: str) -> lambda_.Function:
        return self.functions[name]

    def _layer(self, lock: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self._scope,
            "Packages" if lock == "runtime" else f"{lock.title()}Packages",
            code=lambda_.Code.from_asset(str(build_layer(self._stage.target, lock))),
            compatible_runtimes=[self._runtime],
            compatible_architectures=[_ARCHITECTURES[self._stage.target.architecture]],
            description=f"Third-party packages, from the {lock} lock",
        )

    def _role(self, spec: FunctionSpec) -> iam.Role:
        role = iam.Role(
            self._scope,
            f"{spec.construct_id}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What the function {spec.name} may do",
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=list(spec.table), resources=[self._table.table_arn])
        )
        if spec.indexes:
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=["dynamodb:Query"],
                    resources=[
                        f"{self._table.table_arn}/index/{index.name}" for index in spec.indexes
                    ],
                )
            )
        if spec.answers_callers:
            self._let_write(role, spec, GATE_KEYS)
        self._let_write(role, spec, spec.keyed)
        return role

    def _let_write(
        self, role: iam.Role, spec: FunctionSpec, kinds: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Let a function write items of these keys, where it may not write any, and no others."""
        for name, keys in kinds.items():
            action = f"dynamodb:{name}"
            if action not in spec.table:
                role.add_to_policy(
                    iam.PolicyStatement(
                        actions=[action],
                        resources=[self._table.table_arn],
                        conditions={
                            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}
                        },
                    )
                )

    def _function(
        self,
        spec: FunctionSpec,
        code: Path,
        layers: list[lambda_.LayerVersion],
        settings: Mapping[str, str],
    ) -> lambda_.Function:
        role = self.roles[spec.name]
        log_group = logs.LogGroup(
            self._scope,
            f"{spec.construct_id}Log",
            encryption_key=self._data_key.key,
            retention=self._stage.log_retention,
            removal_policy=self._stage.removal,
        )
        log_group.grant_write(role)
        function = lambda_.Function(
            self._scope,
            spec.construct_id,
            description=spec.description,
            runtime=self._runtime,
            architecture=_ARCHITECTURES[self._stage.target.architecture],
            handler=f"functions.{spec.name}.handler.handler",
            code=lambda_.Code.from_asset(str(code)),
            layers=layers,
            role=role,
            log_group=log_group,
            memory_size=spec.memory,
            timeout=spec.timeout,
            environment={
                "TABLE_NAME": self._table.table_name,
                "STAGE": self._stage.name,
                "TALLY_VERSION": self._stage.version,
                "POWERTOOLS_SERVICE_NAME": spec.name,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                # There are none, and looking for them goes through every package of the layer.
                "PYDANTIC_DISABLE_PLUGINS": "1",
                **{name: settings[name] for name in spec.settings},
            },
        )
        if self._stage.target.python != NEWEST_PYTHON:
            accept(function, "The local cloud runs functions on the host's own Python.", "L1")
        return function
