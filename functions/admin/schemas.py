"""The bodies of administration, and the way from a checked body to what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from shared.domain.calendar import parse_timestamp, zone_of
from shared.domain.money import MAX_MONEY, PICOS, picos_of, picos_per_token
from shared.domain.pricing import PricingMode, WorkspacePrice
from shared.domain.rates import TokenRates
from shared.domain.workspace import (
    MAX_ALERT_EMAILS,
    MAX_RETENTION_DAYS,
    MIN_RETENTION_DAYS,
    UserPrivacy,
    Workspace,
)
from shared.http.bodies import Body, Id, Money, Name, Timestamp, parse_body

MAX_RATE_PER_MINUTE: Final = 60_000
"""The default of services: a key may be held to less, not given more."""

MAX_ADDRESS_LENGTH: Final = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""

ADDRESS: Final = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}@([A-Za-z0-9\-]{1,63}\.)+[A-Za-z]{2,63}$"

Scope = Literal["usage:write", "usage:read", "credits:write"]
DEFAULT_SCOPES: Final[tuple[Scope, ...]] = ("usage:write", "usage:read")


def _zone(value: str) -> str:
    zone_of(value)
    return value


def _above_zero(value: Decimal) -> Decimal:
    if not value:
        raise ValueError("must be above 0")
    return value


def _per_million(value: Decimal) -> Decimal:
    picos_per_token(value)
    return value


def _all_different(values: list[str]) -> list[str]:
    if len({value.casefold() for value in values}) != len(values):
        raise ValueError("must not have the same twice")
    return values


def _says_something(value: str) -> str:
    if not value.strip():
        raise ValueError("must say something")
    return value


Title = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,128}$"), AfterValidator(_says_something)
]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Positive = Annotated[
    Money,
    AfterValidator(_above_zero),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": MAX_MONEY // PICOS}),
]
PerMillion = Annotated[Money, AfterValidator(_per_million)]
Retention = Annotated[int, Field(ge=MIN_RETENTION_DAYS, le=MAX_RETENTION_DAYS)]
Address = Annotated[str, StringConstraints(pattern=ADDRESS, max_length=MAX_ADDRESS_LENGTH)]
Addresses = Annotated[
    list[Address], Field(max_length=MAX_ALERT_EMAILS), AfterValidator(_all_different)
]
Scopes = Annotated[list[Scope], Field(min_length=1), AfterValidator(_all_different)]


class PricingInput(Body):
    """How a workspace charges."""

    mode: PricingMode | None = None
    per_request: Money | None = None


class SettingsInput(Body):
    """Settings of a workspace; what is left out stays as it is."""

    name: Title | None = None
    timezone: Zone | None = None
    currency: Currency | None = None
    pricing: PricingInput | None = None
    credit_value: Positive | None = None
    enforce_credits: bool | None = None
    registered_only: bool | None = None
    retention_days: Retention | None = None
    user_privacy: UserPrivacy | None = None
    exchange_rate: Positive | None = None
    alert_emails: Addresses | None = None

    def applied_to(self, workspace: Workspace) -> Workspace:
        """The workspace with these settings."""
        pricing = self.pricing or PricingInput()
        given: dict[str, Any] = {
            "name": self.name,
            "timezone": self.timezone,
            "currency": self.currency,
            "pricing_mode": pricing.mode,
            "request_picos": _picos(pricing.per_request),
            "credit_value_picos": _picos(self.credit_value),
            "enforce_credits": self.enforce_credits,
            "registered_only": self.registered_only,
            "retention_days": self.retention_days,
            "user_privacy": self.user_privacy,
            "exchange_rate_picos": _picos(self.exchange_rate),
            "alert_emails": None if self.alert_emails is None else tuple(self.alert_emails),
        }
        return replace(workspace, **{name: v for name, v in given.items() if v is not None})


class WorkspaceInput(SettingsInput):
    """A new workspace."""

    workspace_id: Id
    name: Title


class ApiKeyInput(Body):
    """A new API key."""

    name: Title
    scopes: Scopes = Field(default_factory=lambda: list(DEFAULT_SCOPES))
    rate_per_minute: Annotated[int, Field(ge=1, le=MAX_RATE_PER_MINUTE)] | None = None
    expires_at: Timestamp | None = None

    @property
    def expires_ms(self) -> int | None:
        """When the key expires."""
        return None if self.expires_at is None else parse_timestamp(self.expires_at)


class CustomerInput(Body):
    """A customer's registration."""

    name: Title
    active: bool = True


class RatesInput(Body):
    """Prices of a million tokens."""

    input: PerMillion
    output: PerMillion
    cached_input: PerMillion | None = None
    cache_write: PerMillion | None = None
    reasoning: PerMillion | None = None


class PriceInput(Body):
    """A price of a service's model; without a model, of the service's calls that name none."""

    service: Name
    model: Name | None = None
    effective_from: Timestamp
    per_request: Money | None = None
    per_million: RatesInput | None = None

    @model_validator(mode="after")
    def _one_price(self) -> PriceInput:
        if (self.per_request is None) == (self.per_million is None):
            raise ValueError("must have either perRequest or perMillion")
        return self


def price_of(body: Mapping[str, object]) -> WorkspacePrice:
    """The price that a body tells.

    Raises:
        ValidationFailedError: the body is not valid.
    """
    given = parse_body(PriceInput, body)
    return WorkspacePrice(
        given.service,
        given.model,
        parse_timestamp(given.effective_from),
        _picos(given.per_request),
        None if given.per_million is None else _rates(given.per_million),
    )


def _rates(given: RatesInput) -> TokenRates:
    return TokenRates(
        picos_per_token(given.input),
        picos_per_token(given.output),
        _optional_rate(given.cached_input),
        _optional_rate(given.cache_write),
        _optional_rate(given.reasoning),
    )


def _optional_rate(per_million: Decimal | None) -> int | None:
    return None if per_million is None else picos_per_token(per_million)


def _picos(amount: Decimal | None) -> int | None:
    return None if amount is None else picos_of(amount)
