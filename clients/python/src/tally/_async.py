"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

import httpx

from tally._bind import Group, awaited, every_awaited
from tally._call import Call
from tally._download import Download, Progress, Waiting, addresses_of, manifest_of
from tally._errors import (
    ConnectionFailedError,
    ExportDamagedError,
)
from tally._models.exports import ExportState, Manifest
from tally._operations import administration, analytics, credits, exports, thresholds, usage
from tally._settings import DEFAULT_RETRIES, DEFAULT_TIMEOUT, Runtime, Settings
from tally._transport import AsyncTransport, translated

T = TypeVar("T")

EXPORT_SECONDS: Final = 900.0
"""How long `wait` waits for an export unless told otherwise: a million rows take less."""


class AsyncAnalytics(Group):
    """Figures of any range of days (admins)."""

    dashboard = awaited(analytics.dashboard)
    metrics = awaited(analytics.metrics)
    services = awaited(analytics.services)
    models = awaited(analytics.models_)
    countries = awaited(analytics.countries)
    platforms = awaited(analytics.platforms)
    hours = awaited(analytics.hours)
    timeseries = awaited(analytics.timeseries)
    top_users = awaited(analytics.top_users)
    token_usage = awaited(analytics.token_usage)
    query = awaited(analytics.question)
    savings = awaited(analytics.savings)
    forecast = awaited(analytics.forecast)
    my_usage = awaited(analytics.my_usage)


class AsyncWorkspaceUsage(Group):
    """Messages and clients of a workspace."""

    stats = awaited(analytics.workspace_stats)
    dashboard = awaited(analytics.workspace_dashboard)
    summary = awaited(analytics.workspace_summary)


class AsyncThresholds(Group):
    """Limits that warn or block (admins)."""

    list = awaited(thresholds.thresholds)
    get = awaited(thresholds.threshold)
    create = awaited(thresholds.create_threshold)
    replace = awaited(thresholds.replace_threshold)
    delete = awaited(thresholds.delete_threshold)
    try_out = awaited(thresholds.try_threshold)
    test = awaited(thresholds.fire_test)


class AsyncAlerts(Group):
    """Limits that were crossed."""

    list = awaited(thresholds.alerts)
    each = every_awaited(thresholds.alerts)
    acknowledge = awaited(thresholds.acknowledge)


class AsyncAdmin(Group):
    """What admins and operators do."""

    workspaces = awaited(administration.workspaces)
    each_workspace = every_awaited(administration.workspaces)
    workspace = awaited(administration.workspace)
    create_workspace = awaited(administration.create_workspace)
    change_workspace = awaited(administration.change_workspace)
    customers = awaited(administration.customers)
    each_customer = every_awaited(administration.customers)
    put_customer = awaited(administration.put_customer)
    api_keys = awaited(administration.api_keys)
    each_api_key = every_awaited(administration.api_keys)
    create_api_key = awaited(administration.create_api_key)
    revoke_api_key = awaited(administration.revoke_api_key)
    prices = awaited(administration.prices)
    put_price = awaited(administration.put_price)
    start_repricing = awaited(administration.start_repricing)
    repricing = awaited(administration.repricing)
    audit = awaited(administration.audit)
    each_audit_entry = every_awaited(administration.audit)
    accounts = awaited(credits.accounts)
    each_account = every_awaited(credits.accounts)
    transactions = awaited(credits.workspace_transactions)
    each_transaction = every_awaited(credits.workspace_transactions)
    transaction_summary = awaited(credits.transaction_summary)
    erase_user = awaited(administration.erase_user)
    system = awaited(administration.system)


class AsyncExports(Group):
    """Data as files, with manifests that prove them complete."""

    usage = awaited(exports.export_usage)
    workspace = awaited(exports.export_workspace)
    transactions = awaited(exports.export_transactions)
    summary = awaited(exports.export_summary)
    audit = awaited(exports.export_audit)
    list = awaited(exports.exports)
    each = every_awaited(exports.exports)
    get = awaited(exports.export)

    def __init__(self, transport: AsyncTransport) -> None:
        super().__init__(transport.send)
        self._transport = transport

    async def wait(
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
            await asyncio.sleep(seconds)
            state = await self.get(state.export.id)
        return state

    async def download(
        self, state: ExportState, path: str | Path, *, on_progress: Progress | None = None
    ) -> Manifest:
        """Fetch the file of a finished export, checked against its manifest.

        It is `path.part` until it is whole; what is there of it already is not fetched again.
        `on_progress(bytes so far, bytes in all)` is told how far it is.

        Raises:
            ExportDamagedError: the bytes are not what the manifest says.
            ConnectionFailedError: the file could not be fetched; call again to go on.
        """
        manifest = await self._manifest(state)
        settings = self._transport.settings
        with Download(Path(path), manifest, on_progress) as download:
            retries = 0
            while not download.complete:
                try:
                    await self._fetch(addresses_of(state)[0], download)
                    break
                except ConnectionFailedError as error:
                    wait = settings.pause_after(error, retries)
                    if wait is None:
                        raise
                    retries += 1
                    await asyncio.sleep(wait)
                    # An address ends; a new one leads to the same bytes.
                    state = await self.get(state.export.id)
            return download.finish()

    async def save(
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
        done = await self.wait(state, timeout=timeout)
        return await self.download(done, path, on_progress=on_progress)

    async def _manifest(self, state: ExportState) -> Manifest:
        address = addresses_of(state)[1]
        async with self._transport.plain(address) as response:
            await response.aread()
        manifest = manifest_of(response)
        if manifest.export_id != state.export.id:
            raise ExportDamagedError(
                f"the manifest is of {manifest.export_id}, not {state.export.id}"
            )
        return manifest

    async def _fetch(self, address: str, download: Download) -> None:
        with translated():
            async with self._transport.plain(address, download.headers) as response:
                download.begin(response)
                async for chunk in response.aiter_raw():
                    download.take(chunk)


class AsyncTally:
    """The API for asyncio: `Tally` with await, its lists with `async for`.

        async with AsyncTally() as client:
            await client.record_usage(user_id="alice", service="chat", credits=1)

    A call that is cancelled may have been carried out; repeat it under the same id.

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
        transport: httpx.AsyncBaseTransport | None = None,
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
        self._transport = AsyncTransport(settings, transport)
        send = self._transport.send
        self.analytics: Final = AsyncAnalytics(send)
        self.workspace_usage: Final = AsyncWorkspaceUsage(send)
        self.thresholds: Final = AsyncThresholds(send)
        self.alerts: Final = AsyncAlerts(send)
        self.exports: Final = AsyncExports(self._transport)
        self.admin: Final = AsyncAdmin(send)

    record_usage = awaited(usage.record_usage)
    record_batch = awaited(usage.record_batch)
    track_message = awaited(usage.track_message)
    deduct_credits = awaited(usage.deduct_credits)
    record_event = awaited(usage.record_event)
    record_events = awaited(usage.record_events)
    usage_log = awaited(usage.usage_log)
    usage_logs = awaited(usage.usage_logs)
    each_usage_log = every_awaited(usage.usage_logs)
    stats = awaited(usage.stats)
    summary = awaited(usage.summary)
    account = awaited(credits.account)
    balance = awaited(credits.balance)
    verify = awaited(credits.verify)
    transactions = awaited(credits.transactions)
    each_transaction = every_awaited(credits.transactions)
    transaction = awaited(credits.transaction)
    statement = awaited(credits.statement)
    post_transaction = awaited(credits.post_transaction)
    health = awaited(administration.health)
    openapi = awaited(administration.openapi)

    async def _send(self, call: Call[T]) -> T:
        return await self._transport.send(call)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> AsyncTally:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncTally({self._transport.settings.url!r})"
