"""What every HTTP function is made of, put together in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.adapters.audit_queue import AuditQueue
from shared.adapters.clock import SystemClock
from shared.adapters.jwt import JwtSettings, OidcTokens
from shared.environment import optional, required
from shared.http.app import App, Endpoint, Gate, Identify, PublicEndpoint
from shared.http.gate.address import AddressOf, as_the_gateway_saw, behind
from shared.http.gate.auditor import Auditor, Recorder
from shared.http.gate.callers import Callers
from shared.http.gate.identity import ClaimNames, Identifier
from shared.http.gate.passage import SharedGate
from shared.http.gate.rates import Rates, RateSettings
from shared.http.gate.strikes import SharedStrikes
from shared.ports.directory import Directory
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces
from shared.store.api_keys import DynamoApiKeys
from shared.store.audit import DynamoAuditLog
from shared.store.directory import DynamoDirectory
from shared.store.dynamo import DynamoTable
from shared.store.rate_counters import DynamoRateCounters
from shared.store.table import StoreUnavailableError, Table
from shared.store.wire import dynamodb_wire
from shared.store.workspaces import DynamoWorkspaces


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Settings that every HTTP function has. Without `jwt`, only API keys are taken.

    Without `audit_queue_url`, a request whose audit entry the table does not take fails. `edge_secret` is
    what our own distribution shows; without it no header is believed about an address.
    """

    table_name: str
    version: str
    stage: str
    jwt: JwtSettings | None = None
    claim_names: ClaimNames = field(default_factory=ClaimNames)
    rates: RateSettings = field(default_factory=RateSettings)
    audit_queue_url: str | None = None
    edge_secret: str | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> HttpSettings:
        """The settings of the environment.

        Raises:
            SettingMissingError: one is not there.
        """
        names = ClaimNames()
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            version=optional(environ, "TALLY_VERSION", "unknown"),
            stage=optional(environ, "STAGE", "unknown"),
            jwt=JwtSettings.read(environ),
            claim_names=ClaimNames(
                optional(environ, "JWT_WORKSPACE_CLAIM", names.workspace),
                optional(environ, "JWT_ROLE_CLAIM", names.role),
                optional(environ, "JWT_USER_CLAIM", names.user),
            ),
            rates=RateSettings.read(optional(environ, "RATES_PER_MINUTE", "")),
            audit_queue_url=optional(environ, "AUDIT_QUEUE_URL", "") or None,
            edge_secret=optional(environ, "EDGE_SECRET", "") or None,
        )


@dataclass(frozen=True, slots=True)
class Deps:
    """What services and apps are built with."""

    table: Table
    clock: Clock
    workspaces: Workspaces
    directory: Directory
    identify: Identify
    gate: Gate
    address_of: AddressOf = as_the_gateway_saw


def dependencies(settings: HttpSettings) -> Deps:
    """The real things: DynamoDB, the machine's clock, the issuer's keys."""
    clock = SystemClock()
    table = DynamoTable(dynamodb_wire(clock), settings.table_name)
    workspaces, directory = DynamoWorkspaces(table), DynamoDirectory(table)
    tokens = None if settings.jwt is None else OidcTokens(settings.jwt, clock)
    rates = Rates(DynamoRateCounters(table), clock)
    strikes = SharedStrikes(rates, settings.rates.bad_per_minute, clock)
    callers = Callers(workspaces, directory, clock)
    recorders: list[Recorder] = [DynamoAuditLog(table, clock)]
    if settings.audit_queue_url is not None:
        recorders.append(AuditQueue(settings.audit_queue_url))
    return Deps(
        table=table,
        clock=clock,
        workspaces=workspaces,
        directory=directory,
        identify=Identifier(DynamoApiKeys(table), tokens, clock, settings.claim_names, strikes),
        gate=SharedGate(callers, rates, settings.rates, Auditor(recorders, callers, clock)),
        address_of=behind(settings.edge_secret) if settings.edge_secret else as_the_gateway_saw,
    )


def http_app(
    deps: Deps,
    endpoints: Mapping[str, Endpoint],
    public: Mapping[str, PublicEndpoint] | None = None,
) -> App:
    """The handler that answers these routes."""
    transient = (StoreUnavailableError,)
    return App(
        deps.identify,
        deps.gate,
        endpoints,
        public,
        transient=transient,
        address_of=deps.address_of,
    )
