"""Who gets a workspace's alerts by mail: the settings say it, the topic's subscriptions follow.

An address has one subscription, whatever the workspaces that list it, and the register keeps which
they are. Every step may be repeated and cut off anywhere: the register is written before the topic, and
whoever sets a filter looks afterwards whether the register is still what it was set from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from aws_lambda_powertools import Logger

from shared.domain.errors import ConflictRetryError, UnavailableError, ValidationFailedError
from shared.domain.subscriber import MAX_WORKSPACES_PER_ADDRESS, Subscriber, Subscription
from shared.domain.workspace import Workspace
from shared.ports.workspaces import Workspaces

ATTEMPTS: Final = 8
"""Writers of one address overtake each other rarely."""

logger = Logger()


class Register(Protocol):
    """The register of addresses; writes say False when they were overtaken."""

    def get(self, address: str) -> Subscriber:
        """An address."""

    def get_many(self, addresses: Sequence[str]) -> dict[str, Subscriber]:
        """Several addresses."""

    def put(self, address: str, subscriber: Subscriber) -> bool:
        """Write an address over its version."""

    def delete(self, address: str, subscriber: Subscriber) -> bool:
        """Take an address out at its version."""


class Subscriptions(Protocol):
    """The topic's subscriptions. Every method raises `UnavailableError` when it does not answer."""

    def subscribe(self, address: str) -> str:
        """Subscribe an address that gets nothing yet; the ARN."""

    def state(self, arn: str) -> Subscription | None:
        """A subscription as it stands; None when there is none any more."""

    def show(self, arn: str, workspace_ids: Sequence[str]) -> bool:
        """Let the alerts of these workspaces through, and no others; False when it is gone."""

    def unsubscribe(self, arn: str) -> None:
        """End a confirmed subscription."""


class Settings(Workspaces, Protocol):
    """Workspaces, and the addresses that were taken out of their settings."""

    def leaving(self, workspace_id: str) -> tuple[str, ...]:
        """Addresses that were taken out and may still get the alerts."""

    def forget_leaving(self, workspace: Workspace) -> bool:
        """Note that they get no more; False when the settings changed."""


class AlertAddresses:
    """Keeps the topic's subscriptions as the settings want them, and tells who has confirmed."""

    def __init__(
        self, settings: Settings, register: Register, subscriptions: Subscriptions
    ) -> None:
        self._settings = settings
        self._register = register
        self._subscriptions = subscriptions

    def check(self, workspace_id: str, addresses: Sequence[str]) -> None:
        """Refuse addresses that too many workspaces list already.

        Raises:
            ValidationFailedError: one of them is on the list of too many.
        """
        for address, subscriber in self._register.get_many(addresses).items():
            others = set(subscriber.workspace_ids) - {workspace_id}
            if len(others) >= MAX_WORKSPACES_PER_ADDRESS:
                raise ValidationFailedError.of(
                    "/alertEmails",
                    f"{address} gets the alerts of {MAX_WORKSPACES_PER_ADDRESS} workspaces already",
                )

    def follow(self, workspace_id: str) -> None:
        """Bring the subscriptions in line with the saved settings. Repeating it mends what is left.

        Raises:
            UnavailableError: the topic does not answer.
            ConflictRetryError: others kept changing the same addresses.
        """
        for _ in range(ATTEMPTS):
            workspace = self._settings.get(workspace_id)
            leaving = self._settings.leaving(workspace_id)
            for address in workspace.alert_emails:
                self._list(address, workspace_id, listed=True)
            for address in leaving:
                self._list(address, workspace_id, listed=False)
            if self._settings.get(workspace_id).version == workspace.version and (
                not leaving or self._settings.forget_leaving(workspace)
            ):
                return
        raise ConflictRetryError("The settings kept changing; please repeat.")

    def confirmed(self, workspace: Workspace) -> dict[str, bool]:
        """Which of a workspace's addresses get its alerts, as the topic says."""
        known = self._register.get_many(workspace.alert_emails)
        return {address: self._seen(address, known[address], workspace) for address in known}

    def last_seen(self, workspaces: Sequence[Workspace]) -> dict[tuple[str, str], bool]:
        """By workspace and address, whether it got the alerts when that was last looked at."""
        addresses = {address for workspace in workspaces for address in workspace.alert_emails}
        known = self._register.get_many(sorted(addresses))
        return {
            (workspace.workspace_id, address): known[address].confirmed
            and workspace.workspace_id in known[address].workspace_ids
            for workspace in workspaces
            for address in workspace.alert_emails
        }

    def _seen(self, address: str, subscriber: Subscriber, workspace: Workspace) -> bool:
        if subscriber.arn is None or workspace.workspace_id not in subscriber.workspace_ids:
            return False
        try:
            state = self._subscriptions.state(subscriber.arn)
        except UnavailableError:
            logger.warning("the topic does not answer, showing what was last seen")
            return subscriber.confirmed
        confirmed = state is not None and state.confirmed
        if confirmed != subscriber.confirmed:
            self._register.put(address, replace(subscriber, confirmed=confirmed))
        return confirmed

    def _list(self, address: str, workspace_id: str, *, listed: bool) -> None:
        """Put a workspace on an address's list, or off it, and let the topic follow."""
        for _ in range(ATTEMPTS):
            subscriber = self._register.get(address)
            wanted = set(subscriber.workspace_ids) - {workspace_id}
            if listed:
                wanted.add(workspace_id)
            if wanted == set(subscriber.workspace_ids) or self._register.put(
                address, replace(subscriber, workspace_ids=tuple(sorted(wanted)))
            ):
                self._settle(address)
                return
        raise ConflictRetryError("Others kept changing the same address; please repeat.")

    def _settle(self, address: str) -> None:
        """Bring an address's subscription in line with the register."""
        for _ in range(ATTEMPTS):
            subscriber = self._register.get(address)
            if self._step(address, subscriber):
                return
        raise ConflictRetryError("Others kept changing the same address; please repeat.")

    def _step(self, address: str, subscriber: Subscriber) -> bool:
        """One step towards what the register says; True when there is nothing left to do."""
        if subscriber.version == 0:
            return True
        if subscriber.arn is None:
            if not subscriber.workspace_ids:
                return self._register.delete(address, subscriber)
            arn = self._subscriptions.subscribe(address)
            self._register.put(address, replace(subscriber, arn=arn, confirmed=False))
            return False
        state = self._subscriptions.state(subscriber.arn)
        if state is None:
            self._register.put(address, replace(subscriber, arn=None, confirmed=False))
            return False
        if not subscriber.workspace_ids and state.confirmed:
            self._subscriptions.unsubscribe(subscriber.arn)
            return self._register.delete(address, subscriber)
        # A pending subscription cannot be ended: it stays, with a filter that lets nothing through.
        if state.workspace_ids != subscriber.workspace_ids and not self._subscriptions.show(
            subscriber.arn, subscriber.workspace_ids
        ):
            return False
        return self._register.get(address).version == subscriber.version
