"""Administration: workspaces, API keys, customers, prices."""

from __future__ import annotations

from functions.admin.addresses import AlertAddresses
from functions.admin.endpoints import (
    ApiKeyEndpoints,
    CustomerEndpoints,
    PriceEndpoints,
    WorkspaceEndpoints,
)
from functions.admin.service import (
    ManageApiKeys,
    ManageCustomers,
    ManagePrices,
    ManageWorkspaces,
)
from functions.admin.settings import Settings
from shared.adapters.subscriptions import SnsSubscriptions
from shared.compose import dependencies, http_app
from shared.http.app import App
from shared.http.conditional import announced
from shared.store.addresses import DynamoAddresses
from shared.store.api_keys import DynamoApiKeys
from shared.store.cells import DynamoCells
from shared.store.versions import DynamoVersions
from shared.store.workspaces import DynamoWorkspaces


def build(settings: Settings) -> App:
    """The function, put together."""
    deps = dependencies(settings.http)
    tenants = DynamoWorkspaces(deps.table)
    subscriptions = SnsSubscriptions(settings.alert_topic_arn)
    addresses = AlertAddresses(tenants, DynamoAddresses(deps.table), subscriptions)
    workspaces = WorkspaceEndpoints(ManageWorkspaces(tenants, addresses, deps.clock))
    api_keys = ApiKeyEndpoints(ManageApiKeys(DynamoApiKeys(deps.table), tenants, deps.clock))
    customers = CustomerEndpoints(ManageCustomers(tenants, deps.directory))
    prices = PriceEndpoints(ManagePrices(tenants, DynamoCells(deps.table), deps.clock))
    routes = {
        "GET /api/admin/workspaces": workspaces.list,
        "POST /api/admin/workspaces": workspaces.post,
        "GET /api/admin/workspaces/{workspaceId}": workspaces.get,
        "PUT /api/admin/workspaces/{workspaceId}": workspaces.put,
        "GET /api/admin/api-keys": api_keys.list,
        "POST /api/admin/api-keys": api_keys.post,
        "DELETE /api/admin/api-keys/{id}": api_keys.delete,
        "GET /api/admin/customers": customers.list,
        "PUT /api/admin/customers/{userId}": customers.put,
        "GET /api/admin/prices": prices.get,
        "PUT /api/admin/prices": prices.put,
    }
    return http_app(deps, announced(routes, DynamoVersions(deps.table), deps.clock))


handler = build(Settings.read())
