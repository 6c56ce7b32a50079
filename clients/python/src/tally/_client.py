"""The client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

import httpx

from tally._bind import Group, every, sync
from tally._call import Call
from tally._download import Download, Progress, Waiting, addresses_of, manifest_of
from tally._errors import (
    ConnectionFailedError,
    ExportDamagedError,
)
from tally._models.exports import ExportState, Manifest
from tally._operations import administration, analytics, credits, exports, thresholds, usage
from tally._settings import DEFAULT_RETRIES, DEFAULT_TIMEOUT, Runtime, Settings
from tally._transport import Transport, translated

T = TypeVar("T")

EXPORT_SECONDS: Final = 900.0
"""How long `wait` waits for an export unless told otherwise: a million rows take less."""


class Analytics(Group):
    """Figures of any range of days (admins)."""

    dashboard = sync(analytics.dashboard)
    metrics = sync(analytics.metrics)
    services = sync(analytics.services)
    models = sync(analytics.models_)
    countries = sync(analytics.countries)
    platforms = sync(analytics.platforms)
    hours = sync(analytics.hours)
    timeseries = sync(analytics.timeseries)
    top_users = sync(analytics.top_users)
    token_usage = sync(analytics.token_usage)
    query = sync(analytics.question)
    savings = sync(analytics.savings)
    forecast = sync(analytics.forecast)
    my_usage = sync(analytics.my_usage)


class WorkspaceUsage(Group):
    """Messages and clients of a workspace."""

    stats = sync(analytics.workspace_stats)
    dashboard = sync(analytics.workspace_dashboard)
    summary = sync(analytics.workspace_summary)


class Thresholds(Group):
    """Limits that warn or block (admins)."""

    list = sync(thresholds.thresholds)
    get = sync(thresholds.threshold)
    create = sync(thresholds.create_threshold)
    replace = sync(thresholds.replace_threshold)
    delete = sync(thresholds.delete_threshold)
    try_out = sync(thresholds.try_threshold)
    test = sync(thresholds.fire_test)


class Alerts(Group):
    """Limits that were crossed."""

    list = sync(thresholds.alerts)
    each = every(thresholds.alerts)
    acknowledge = sync(thresholds.acknowledge)


class Admin(Group):
    """What admins and operators do."""

    workspaces = sync(administration.workspaces)
    each_workspace = every(administration.workspaces)
    workspace = sync(administration.workspace)
    create_workspace = sync(administration.create_workspace)
    change_workspace = sync(administration.change_workspace)
    customers = sync(administration.customers)
    each_customer = every(administration.customers)
    put_customer = sync(administration.put_customer)
    api_keys = sync(administration.api_keys)
    each_api_key = every(administration.api_keys)
    create_api_key = sync(administration.create_api_key)
    revoke_api_key = sync(administration.revoke_api_key)
    prices = sync(administration.prices)
    put_price = sync(administration.put_price)
    start_repricing = sync(administration.start_repricing)
    repricing = sync(administration.repricing)
    audit = sync(administration.audit)
    each_audit_entry = every(administration.audit)
    accounts = sync(credits.accounts)
    each_account = every(credits.accounts)
    transactions = sync(credits.workspace_transactions)
    each_transaction = every(credits.workspace_transactions)
    transaction_summary = sync(credits.transaction_summary)
    erase_user = sync(administration.erase_user)
    system = sync(administration.system)


class Exports(Group):
    """Data as files, with manifests that prove them complete."""

    usage = sync(exports.export_usage)
    workspace = sync(exports.export_workspace)
    transactions = sync(exports.export_transactions)
    summary = sync(exports.export_summary)
    audit = sync(exports.export_audit)
    list = sync(exports.exports)
    each = every(exports.exports)
    get = sync(exports.export)

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport.send)
        self._transport = transport

    def wait(
        self,
        state: ExportState,
        *,
        on_progress: Callable[[ExportState], None] | None = None,
        timeout: float = EXPORT_SECONDS,
    ) -> ExportState:
        """Wait (at most `timeout` seconds) until an export is done.

        Raises:
            ExportFailedError: it failed.
            TimedOutError: it was not done in time; it goes on, and may be waited for again.
        """
        waiting = Waiting(self._transport.settings.runtime, timeout, on_progress)
        while (seconds := waiting.pause(state)) is not None:
            self._transport.settings.runtime.sleep(seconds)
            state = self.get(state.export.id)
        return state

    def download(
        self, state: ExportState, path: str | Path, *, on_progress: Progress | None = None
    ) -> Manifest:
        """Fetch the file of a finished export, checked against its manifest.

        It is `path.part` until it is whole; what is there of it already is not fetched again.
        `on_progress(bytes so far, bytes in all)` is told how far it is.

        Raises:
            ExportDamagedError: the bytes are not what the manifest says.
            ConnectionFailedError: the file could not be fetched; call again to go on.
        """
        manifest = self._manifest(state)
        settings = self._transport.settings
        with Download(Path(path), manifest, on_progress) as download:
            retries = 0
            while not download.complete:
                try:
                    self._fetch(addresses_of(state)[0], download)
                    break
                except ConnectionFailedError as error:
                    wait = settings.pause_after(error, retries)
                    if wait is None:
                        raise
                    retries += 1
                    settings.runtime.sleep(wait)
                    # An address ends; a new one leads to the same bytes.
                    state = self.get(state.export.id)
            return download.finish()

    def save(
        self,
        state: ExportState,
        path: str | Path,
        *,
        on_progress: Progress | None = None,
        timeout: float = EXPORT_SECONDS,
    ) -> Manifest:
        """Wait for an export, then download it: `exports.save(exports.usage(format="csv"), "logs.csv")`.

        Raises:
            ExportFailedError, ExportDamagedError, TimedOutError, ConnectionFailedError: as there.
        """
        return self.download(self.wait(state, timeout=timeout), path, on_progress=on_progress)

    def _manifest(self, state: ExportState) -> Manifest:
        address = addresses_of(state)[1]
        with self._transport.plain(address) as response:
            response.read()
        manifest = manifest_of(response)
        if manifest.export_id != state.export.id:
            raise ExportDamagedError(
                f"the manifest is of {manifest.export_id}, not {state.export.id}"
            )
        return manifest

    def _fetch(self, address: str, download: Download) -> None:
        with translated(), self._transport.plain(address, download.headers) as response:
            download.begin(response)
            for chunk in response.iter_raw():
                download.take(chunk)


class Tally:
    """The API, for one credential.

        client = Tally()                      # TALLY_KEY and TALLY_URL
        client.record_usage(user_id="alice", service="chat", model="gpt-5.4-mini", tokens=1500)

    `api_key` is an API key or an id token, `base_url` the address of the service, `workspace_id` the
    workspace an operator acts in. An answer may take `timeout` seconds; a request that may succeed
    later is sent up to `max_retries` times more, always under the same id. For many threads; after a
    fork the child uses connections of its own. Close it, or use it as a context manager.

    Raises:
        ConfigurationError: key or address are missing or can't be right.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        workspace_id: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
        transport: httpx.BaseTransport | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        settings = Settings.read(
            api_key,
            base_url,
            workspace_id=workspace_id,
            timeout=timeout,
            max_retries=max_retries,
            runtime=runtime,
        )
        self._transport = Transport(settings, transport)
        send = self._transport.send
        self.analytics: Final = Analytics(send)
        self.workspace_usage: Final = WorkspaceUsage(send)
        self.thresholds: Final = Thresholds(send)
        self.alerts: Final = Alerts(send)
        self.exports: Final = Exports(self._transport)
        self.admin: Final = Admin(send)

    record_usage = sync(usage.record_usage)
    record_batch = sync(usage.record_batch)
    track_message = sync(usage.track_message)
    deduct_credits = sync(usage.deduct_credits)
    record_event = sync(usage.record_event)
    record_events = sync(usage.record_events)
    usage_log = sync(usage.usage_log)
    usage_logs = sync(usage.usage_logs)
    each_usage_log = every(usage.usage_logs)
    stats = sync(usage.stats)
    summary = sync(usage.summary)
    account = sync(credits.account)
    balance = sync(credits.balance)
    verify = sync(credits.verify)
    transactions = sync(credits.transactions)
    each_transaction = every(credits.transactions)
    transaction = sync(credits.transaction)
    statement = sync(credits.statement)
    post_transaction = sync(credits.post_transaction)
    health = sync(administration.health)
    openapi = sync(administration.openapi)

    def _send(self, call: Call[T]) -> T:
        return self._transport.send(call)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Tally:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Tally({self._transport.settings.url!r})"
