"""Workspaces: settings, prices, customers."""

from __future__ import annotations

from typing import Protocol

from shared.domain.pricing import WorkspacePrice
from shared.domain.workspace import Customer, Workspace
from shared.ports.pages import Page


class Workspaces(Protocol):
    """Workspaces and what belongs to them as a whole."""

    def get(self, workspace_id: str) -> Workspace:
        """Read a workspace, consistently.

        Raises:
            NotFoundError: there is none.
        """

    def create(self, workspace: Workspace) -> None:
        """Write a new workspace.

        Raises:
            AlreadyExistsError: the id is taken.
        """

    def replace(self, workspace: Workspace, expected: Workspace) -> None:
        """Write changed settings over the ones read before.

        Raises:
            ConflictRetryError: they changed in between.
            WorkspaceInUseError: currency or time zone changed and there are logs.
        """

    def list_after(self, after: str | None, limit: int) -> Page[Workspace]:
        """Workspaces in order of their ids."""

    def prices(self, workspace_id: str) -> tuple[WorkspacePrice, ...]:
        """The workspace's own prices."""

    def put_price(self, workspace_id: str, price: WorkspacePrice) -> None:
        """Add a price; one of the same service, model and effective time is replaced."""

    def customer(self, workspace_id: str, account_id: str) -> Customer | None:
        """A customer's registration."""

    def put_customer(self, workspace_id: str, customer: Customer) -> None:
        """Register a customer, or change one."""

    def customers_after(self, workspace_id: str, after: str | None, limit: int) -> Page[Customer]:
        """Customers in order of their account ids."""
