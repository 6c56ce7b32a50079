"""Administration: workspaces, their API keys, their customers, their own prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from functions.admin.addresses import AlertAddresses
from functions.admin.addresses import Settings as AddressSettings
from functions.admin.schemas import ApiKeyInput, CustomerInput, SettingsInput, WorkspaceInput
from shared.domain.calendar import add_days, local_day
from shared.domain.cells import UNPRICED, CellKey, Delta
from shared.domain.credentials import new_api_key, secret_hash
from shared.domain.errors import NotFoundError, ValidationFailedError
from shared.domain.fingerprint import Members
from shared.domain.ids import ACCOUNT_ID
from shared.domain.pricing import WorkspacePrice
from shared.domain.unpriced import Unpriced, unpriced_models
from shared.domain.workspace import SECRET_BYTES, ApiKey, Customer, Workspace
from shared.http.params import Paging, refused
from shared.ports.api_keys import ApiKeys
from shared.ports.directory import Directory
from shared.ports.pages import Page
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces

T = TypeVar("T")

MAX_UNPRICED_CELLS: Final = 20_000
"""Some 4 MB: more than fifty models a day for a year. Names of models are free text."""

MAX_API_KEYS: Final = 500
"""Keys of a workspace, those revoked of late included: they are listed by reading all of them."""

WORKSPACES_AT_ONCE: Final = 1000
"""Workspaces read in one go when all of them are."""


class Tenants(AddressSettings, Protocol):
    """Workspaces with what only their administration needs."""

    def create_once(self, workspace: Workspace, key: str, body: Members) -> str | None:
        """Write a new workspace under an idempotency key; the id of the one made before, if any."""

    def customers_after(
        self,
        workspace_id: str,
        after: str | None,
        limit: int,
        *,
        skip: int = 0,
        descending: bool = False,
    ) -> Page[Customer]:
        """Customers in order of their account ids, less the first `skip`."""

    def customers_total(self, workspace_id: str) -> int:
        """How many customers are registered."""


class Keys(ApiKeys, Protocol):
    """API keys with what only their administration needs."""

    def made_under(self, workspace_id: str, key: str, body: Mapping[str, str]) -> ApiKey | None:
        """The key that was made under an idempotency key."""

    def last_used_ms(self, workspace_id: str, key_ids: Sequence[str]) -> dict[str, int]:
        """By key, when it was last let through."""


class ManageWorkspaces:
    """Workspaces and their settings."""

    def __init__(self, workspaces: Tenants, addresses: AlertAddresses, clock: Clock) -> None:
        self._workspaces = workspaces
        self._addresses = addresses
        self._clock = clock

    def get(self, workspace_id: str) -> Workspace:
        """A workspace."""
        return self._workspaces.get(workspace_id)

    def confirmed(self, workspace: Workspace) -> dict[str, bool]:
        """Which of its addresses get its alerts."""
        return self._addresses.confirmed(workspace)

    def create(
        self, given: WorkspaceInput, key: str | None, body: Members
    ) -> tuple[Workspace, bool]:
        """Make a workspace, and whether it had been made before under this idempotency key.

        Raises:
            AlreadyExistsError: the id is taken.
            IdempotencyConflictError: the key was used with another body.
            UnavailableError: it is made, but its addresses are not all subscribed; safe to repeat.
        """
        clock = self._clock
        blank = Workspace(
            given.workspace_id, given.name, clock.random_bytes(SECRET_BYTES), clock.now_ms()
        )
        workspace = given.applied_to(blank)
        self._addresses.check(workspace.workspace_id, workspace.alert_emails)
        earlier = None
        if key is None:
            self._workspaces.create(workspace)
        else:
            earlier = self._workspaces.create_once(workspace, key, body)
        if workspace.alert_emails:
            self._addresses.follow(workspace.workspace_id)
        return self._workspaces.get(workspace.workspace_id), earlier is not None

    def change(self, workspace_id: str, given: SettingsInput) -> Workspace:
        """Change settings, then let the subscriptions of the alert topic follow.

        Raises:
            WorkspaceInUseError: currency or time zone would change and there are logs.
            ConflictRetryError: they were changed meanwhile.
            UnavailableError: they are saved, but not all addresses follow yet; safe to repeat.
        """
        current = self._workspaces.get(workspace_id)
        changed = current.changed_at(self._clock.now_ms(), given.applied_to(current))
        if changed != current:
            self._addresses.check(workspace_id, changed.alert_emails)
            self._workspaces.replace(changed, current)
        if given.alert_emails is not None:
            self._addresses.follow(workspace_id)
        return self._workspaces.get(workspace_id)

    def page(self, paging: Paging, *, descending: bool) -> tuple[Page[Workspace], int]:
        """A page of all workspaces by time of creation, and how many there are.

        The index of workspaces is in order of their ids, so all of them are read: an operator asks for
        this now and then, and a thousand are one read.
        """
        ordered = sorted(
            self._all(),
            key=lambda workspace: (workspace.created_ms, workspace.workspace_id),
            reverse=descending,
        )
        return _part(ordered, paging, lambda workspace: workspace.workspace_id), len(ordered)

    def last_seen(self, workspaces: list[Workspace]) -> dict[tuple[str, str], bool]:
        """By workspace and address, whether it got the alerts when that was last looked at."""
        return self._addresses.last_seen(workspaces)

    def _all(self) -> list[Workspace]:
        page = self._workspaces.list_after(None, WORKSPACES_AT_ONCE)
        workspaces = page.rows
        while page.next_key is not None:
            page = self._workspaces.list_after(page.next_key, WORKSPACES_AT_ONCE)
            workspaces += page.rows
        return workspaces


@dataclass(frozen=True, slots=True)
class Issued:
    """An API key that was asked for. `secret` is there only when it was made now."""

    key: ApiKey
    secret: str | None


class ManageApiKeys:
    """API keys of a workspace."""

    def __init__(self, api_keys: Keys, workspaces: Workspaces, clock: Clock) -> None:
        self._api_keys = api_keys
        self._workspaces = workspaces
        self._clock = clock

    def create(
        self, workspace_id: str, given: ApiKeyInput, key: str | None, body: Members
    ) -> Issued:
        """Make a key. A repeat under the same idempotency key gives the first one, without its secret.

        Raises:
            NotFoundError: there is no such workspace.
            ValidationFailedError: it would be dead already, or one too many.
            IdempotencyConflictError: the idempotency key was used with another body.
        """
        self._workspaces.get(workspace_id)
        if key is not None:
            earlier = self._api_keys.made_under(workspace_id, key, body)
            if earlier is not None:
                return Issued(earlier, None)
        now_ms = self._clock.now_ms()
        if given.expires_ms is not None and given.expires_ms <= now_ms:
            raise ValidationFailedError.of("/expiresAt", "must be in the future")
        if len(self._api_keys.list(workspace_id)) >= MAX_API_KEYS:
            raise ValidationFailedError.of("", f"a workspace has at most {MAX_API_KEYS} API keys")
        text = new_api_key(workspace_id, self._clock.random_bytes)
        fresh = ApiKey(
            workspace_id=workspace_id,
            key_id=text.key_id,
            name=given.name,
            scopes=tuple(given.scopes),
            secret_hash=secret_hash(text.secret),
            created_ms=now_ms,
            rate_per_minute=given.rate_per_minute,
            expires_ms=given.expires_ms,
        )
        made = self._api_keys.create(fresh, key, body)
        return Issued(made, str(text) if made.key_id == fresh.key_id else None)

    def page(
        self, workspace_id: str, paging: Paging, *, descending: bool
    ) -> tuple[Page[ApiKey], int]:
        """A page of the keys by time of creation, and how many there are."""
        self._workspaces.get(workspace_id)
        ordered = sorted(
            self._api_keys.list(workspace_id),
            key=lambda key: (key.created_ms, key.key_id),
            reverse=descending,
        )
        return _part(ordered, paging, lambda key: key.key_id), len(ordered)

    def last_used_ms(self, workspace_id: str, keys: Sequence[ApiKey]) -> dict[str, int]:
        """By key, when it was last used: whoever rotates keys wants to know before revoking one."""
        return self._api_keys.last_used_ms(workspace_id, [key.key_id for key in keys])

    def revoke(self, workspace_id: str, key_id: str) -> None:
        """Revoke a key; it stops within 60 s.

        Raises:
            NotFoundError: there is no such key.
        """
        if not self._api_keys.revoke(workspace_id, key_id, self._clock.now_ms()):
            raise NotFoundError("There is no such API key.")


class ManageCustomers:
    """Registered customers of a workspace."""

    def __init__(self, workspaces: Tenants, directory: Directory) -> None:
        self._workspaces = workspaces
        self._directory = directory

    def put(self, workspace_id: str, user_id: str, given: CustomerInput) -> Customer:
        """Register a customer, or change one; an account's id does when the user is known.

        Raises:
            NotFoundError: there is no such workspace, or no account of that id.
        """
        workspace = self._workspaces.get(workspace_id)
        account_id = self._directory.account_of(workspace, user_id)
        known: str | None = user_id
        if ACCOUNT_ID.fullmatch(user_id):
            known = self._directory.user_of(workspace_id, account_id)
        if known is None:
            raise NotFoundError("There is no such account.")
        customer = Customer(account_id, known, given.name, given.active)
        self._workspaces.put_customer(workspace_id, customer)
        return customer

    def page(
        self, workspace_id: str, paging: Paging, *, descending: bool
    ) -> tuple[Page[Customer], int]:
        """A page of the customers in order of their account ids, and how many there are."""
        self._workspaces.get(workspace_id)
        after = paging.cursor
        if after is not None and ACCOUNT_ID.fullmatch(after) is None:
            raise refused("cursor", "is not a cursor of this list")
        total = self._workspaces.customers_total(workspace_id)
        skip = 0 if after is not None else paging.offset
        if skip >= total:
            return Page([], None), total
        page = self._workspaces.customers_after(
            workspace_id, after, paging.limit, skip=skip, descending=descending
        )
        return page, total


class LatestCells(Protocol):
    """Reads of cells, the latest first."""

    def latest(
        self, workspace: Workspace, family: str, days: tuple[str, str], at_most: int
    ) -> dict[CellKey, Delta]:
        """Shared cells of a family of some days, the latest and at most so many."""


class ManagePrices:
    """A workspace's own prices, and what has none."""

    def __init__(self, workspaces: Workspaces, cells: LatestCells, clock: Clock) -> None:
        self._workspaces = workspaces
        self._cells = cells
        self._clock = clock

    def put(self, workspace_id: str, price: WorkspacePrice) -> None:
        """Add a price, or replace the one of the same service, model and time.

        Raises:
            NotFoundError: there is no such workspace.
            ValidationFailedError: it would be one too many.
        """
        self._workspaces.get(workspace_id)
        self._workspaces.put_price(workspace_id, price)

    def list(self, workspace_id: str) -> tuple[WorkspacePrice, ...]:
        """All of them, by service, model and time."""
        self._workspaces.get(workspace_id)
        return self._workspaces.prices(workspace_id)

    def unpriced(self, workspace_id: str) -> Sequence[Unpriced]:
        """Models whose logs wait for a price, of the days that usage can still be of."""
        workspace = self._workspaces.get(workspace_id)
        today = local_day(self._clock.now_ms(), workspace.zone)
        days = add_days(today, -workspace.retention_days), add_days(today, 1)
        cells = self._cells.latest(workspace, UNPRICED, days, MAX_UNPRICED_CELLS)
        return unpriced_models(cells, workspace.zone)


def _part(ordered: Sequence[T], paging: Paging, id_of: Callable[[T], str]) -> Page[T]:
    """The part of a list that a request asks for; the cursor is the id of the last row before it."""
    start = paging.offset
    if paging.cursor is not None:
        ids = [id_of(row) for row in ordered]
        if paging.cursor not in ids:
            raise refused("cursor", "is not a cursor of this list")
        start = ids.index(paging.cursor) + 1
    rows = list(ordered[start : start + paging.limit])
    more = start + paging.limit < len(ordered)
    return Page(rows, id_of(rows[-1]) if more else None)
