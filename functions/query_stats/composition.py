"""The function's endpoints over whatever keeps the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from functions.query_stats.analytics import NewestAlerts, ReadOverview
from functions.query_stats.analytics_endpoints import AnalyticsEndpoints
from functions.query_stats.endpoints import Endpoints
from functions.query_stats.insight_endpoints import InsightEndpoints
from functions.query_stats.my_usage import ReadMyUsage, Thresholds
from functions.query_stats.service import ReadStatistics
from shared.analytics.active import FindActive
from shared.analytics.forecast import Forecaster
from shared.analytics.savings import FindSavings
from shared.domain.price_book import price_book
from shared.http.access import Access
from shared.http.app import Endpoint
from shared.ports.accounts import Accounts
from shared.ports.cells import Cells
from shared.ports.directory import Directory
from shared.ports.logs import UsageLogs
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class Ports:
    """What the endpoints read from."""

    workspaces: Workspaces
    directory: Directory
    logs: UsageLogs
    cells: Cells
    accounts: Accounts
    thresholds: Thresholds
    newest_alerts: NewestAlerts
    clock: Clock
    spread: Spread


def routes_of(ports: Ports) -> Mapping[str, Endpoint]:
    """The endpoints by their routes' keys."""
    workspaces, directory, cells = ports.workspaces, ports.directory, ports.cells
    clock, spread = ports.clock, ports.spread
    access = Access(directory)
    statistics = ReadStatistics(cells, clock, spread)
    forecaster = Forecaster(cells, FindActive(cells, clock, spread), ports.accounts, clock, spread)
    reads = Endpoints(workspaces, directory, ports.logs, cells, clock, spread)
    insight = InsightEndpoints(
        workspaces,
        access,
        FindSavings(cells, workspaces, clock, price_book),
        forecaster,
        ReadMyUsage(statistics, ports.accounts, ports.thresholds, clock),
        clock,
    )
    overview = ReadOverview(cells, clock, spread, forecaster, ports.newest_alerts)
    analytics = AnalyticsEndpoints(workspaces, access, cells, clock, spread, overview)
    return {**reads.routes(), **insight.routes(), **analytics.routes()}
