"""A workspace: the tenant, and what it decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal
from zoneinfo import ZoneInfo

from shared.domain.calendar import MS_PER_DAY, day_end_ms, day_start_ms, local_day, zone_of
from shared.domain.pricing import PricingMode, PricingTerms, WorkspacePrice

UserPrivacy = Literal["pseudonymous", "visible"]

MIN_RETENTION_DAYS: Final = 1
MAX_RETENTION_DAYS: Final = 400
MAX_ALERT_EMAILS: Final = 10
SECRET_BYTES: Final = 32
RETIRED_FOR_MS: Final = 20 * 60_000
"""How long retired cells are kept: functions live a quarter of an hour at most, so whoever read the settings
before has ended by then."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's settings.

    `secret` keys the pseudonyms of its users and never leaves the store and the domain.
    `request_picos` and `credit_value_picos` are money; `exchange_rate_picos` is 10⁻¹² of the currency for
    one US dollar, None when there is none. `in_use` is set by the first log, `generation` names the
    cells that answers are read from, `filling` those that are being made anew beside them and `retired`
    those that were read until `retired_ms` or given up then (0: none). `erasures` counts how often a user
    was erased. What was committed before `kept_since_ms` may be gone from the table, whatever the retention.
    """

    workspace_id: str
    name: str
    secret: bytes
    created_ms: int
    timezone: str = "UTC"
    currency: str = "USD"
    pricing_mode: PricingMode = "flat"
    request_picos: int = 5_000_000_000
    credit_value_picos: int = 1_000_000_000
    enforce_credits: bool = True
    registered_only: bool = False
    retention_days: int = 92
    kept_since_ms: int = 0
    user_privacy: UserPrivacy = "pseudonymous"
    exchange_rate_picos: int | None = None
    alert_emails: tuple[str, ...] = ()
    in_use: bool = False
    generation: int = 1
    filling: int = 0
    retired: int = 0
    retired_ms: int = 0
    erasures: int = 0
    version: int = 1

    def kept_from_ms(self, now_ms: int) -> int:
        """Logs that are older may be gone from the table, so an id from before may be that of one of them."""
        return max(now_ms - self.retention_days * MS_PER_DAY, self.kept_since_ms)

    def listed_from_ms(self, now_ms: int) -> int:
        """Logs that occurred before are not listed: the start of a local day, and all since are kept."""
        day = local_day(now_ms - self.retention_days * MS_PER_DAY, self.zone)
        start_ms = day_start_ms(day, self.zone)
        if start_ms >= self.kept_since_ms:
            return start_ms
        return day_end_ms(local_day(self.kept_since_ms, self.zone), self.zone)

    def changed_at(self, now_ms: int, changed: Workspace) -> Workspace:
        """Itself with changed settings. A longer retention does not bring back what the old one let go of."""
        if changed.retention_days <= self.retention_days:
            return changed
        return replace(changed, kept_since_ms=self.kept_from_ms(now_ms))

    @property
    def users_visible(self) -> bool:
        """Whether admins see users by their ids, not by their accounts."""
        return self.user_privacy == "visible"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its days."""
        return zone_of(self.timezone)

    def pricing_terms(self, prices: tuple[WorkspacePrice, ...]) -> PricingTerms:
        """What it charges, given its own prices."""
        return PricingTerms(
            self.pricing_mode,
            self.request_picos,
            self.credit_value_picos,
            prices,
            self.currency,
            self.exchange_rate_picos,
        )


@dataclass(frozen=True, slots=True)
class Customer:
    """A user as the workspace registered them."""

    account_id: str
    user_id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A backend's credential. Only the SHA-256 of its secret is kept.

    `rate_per_minute` None means the role's default; `expires_ms` and `revoked_ms` None mean not at all.
    """

    workspace_id: str
    key_id: str
    name: str
    scopes: tuple[str, ...]
    secret_hash: bytes
    created_ms: int
    rate_per_minute: int | None = None
    expires_ms: int | None = None
    revoked_ms: int | None = None

    def is_dead(self, now_ms: int) -> bool:
        """Whether it lets nobody in any more."""
        expired = self.expires_ms is not None and self.expires_ms <= now_ms
        return expired or self.revoked_ms is not None
