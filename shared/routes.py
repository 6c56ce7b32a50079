"""The one list of HTTP routes.

The gateway's routes, the role checks and the tests that walk every route are made from this table.
A request that matches no row is denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SERVICE: Final = "service"
USER: Final = "user"
ADMIN: Final = "admin"
OPERATOR: Final = "operator"
ROLES: Final = (SERVICE, USER, ADMIN, OPERATOR)

USAGE_READ: Final = "usage:read"
USAGE_WRITE: Final = "usage:write"
CREDITS_WRITE: Final = "credits:write"
SCOPES: Final = (USAGE_WRITE, USAGE_READ, CREDITS_WRITE)


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path, the function that answers it, and who may ask.

    `roles` is empty for a public route. An operator may use every route an admin may. `scope` is what
    an API key needs for the route; people are not scoped.
    """

    method: str
    path: str
    function: str
    roles: frozenset[str] = frozenset()
    scope: str = USAGE_READ

    @property
    def key(self) -> str:
        """The gateway's route key, as it stands in every event."""
        return f"{self.method} {self.path}"

    @property
    def public(self) -> bool:
        """Whether the route is open to anyone, without a credential."""
        return not self.roles


def _route(method: str, path: str, function: str, *roles: str, scope: str = "") -> Route:
    allowed = frozenset(roles) | ({OPERATOR} if ADMIN in roles else frozenset())
    needed = scope or (USAGE_READ if method == "GET" else USAGE_WRITE)
    return Route(method, f"/api{path}", function, allowed, needed)


ROUTES: Final[tuple[Route, ...]] = (
    _route("GET", "/health", "edge"),
    _route("GET", "/openapi.json", "edge"),
    _route("GET", "/reference", "edge"),
    _route("GET", "/reference/{file}", "edge"),
    _route("POST", "/usage-logs", "record_usage", SERVICE, ADMIN),
    _route("POST", "/usage-logs/batch", "record_usage", SERVICE, ADMIN),
    _route("POST", "/events", "record_usage", SERVICE),
    _route("GET", "/usage-logs/stats", "query_stats", USER, SERVICE, ADMIN),
    _route("GET", "/usage-logs/summary", "query_stats", USER, SERVICE, ADMIN),
    _route("GET", "/usage-logs/export", "export", USER, SERVICE, ADMIN),
    _route("GET", "/usage-logs/user/{userId}", "query_stats", USER, SERVICE, ADMIN),
    _route("GET", "/usage-logs/{id}", "query_stats", USER, SERVICE, ADMIN),
    _route("GET", "/usage/stats/{workspaceId}", "query_stats", SERVICE, ADMIN),
    _route("GET", "/usage/dashboard/{workspaceId}", "query_stats", SERVICE, ADMIN),
    _route("GET", "/usage/summary/{workspaceId}", "query_stats", SERVICE, ADMIN),
    _route("GET", "/usage/export/{workspaceId}", "export", SERVICE, ADMIN),
    _route("GET", "/analytics/dashboard", "query_stats", ADMIN),
    _route("GET", "/analytics/metrics", "query_stats", ADMIN),
    _route("GET", "/analytics/services", "query_stats", ADMIN),
    _route("GET", "/analytics/models", "query_stats", ADMIN),
    _route("GET", "/analytics/countries", "query_stats", ADMIN),
    _route("GET", "/analytics/platforms", "query_stats", ADMIN),
    _route("GET", "/analytics/hours", "query_stats", ADMIN),
    _route("GET", "/analytics/timeseries", "query_stats", ADMIN),
    _route("GET", "/analytics/users/top", "query_stats", ADMIN),
    _route("GET", "/analytics/token-usage", "query_stats", ADMIN),
    _route("GET", "/analytics/query", "query_stats", ADMIN),
    _route("GET", "/analytics/savings", "query_stats", ADMIN),
    _route("GET", "/analytics/forecast", "query_stats", ADMIN),
    _route("GET", "/analytics/my-usage", "query_stats", USER),
    _route("GET", "/transactions", "transactions", USER),
    _route("GET", "/transactions/statement", "transactions", USER),
    _route("GET", "/transactions/{id}", "transactions", USER, ADMIN),
    _route("GET", "/accounts/me", "transactions", USER),
    _route("GET", "/admin/accounts", "transactions", ADMIN),
    _route("GET", "/admin/accounts/{userId}", "transactions", SERVICE, ADMIN),
    _route("GET", "/admin/accounts/{userId}/verify", "transactions", ADMIN),
    _route("GET", "/admin/transactions", "transactions", ADMIN),
    _route("POST", "/admin/transactions", "transactions", SERVICE, ADMIN, scope=CREDITS_WRITE),
    _route("GET", "/admin/transactions/summary", "transactions", ADMIN),
    _route("GET", "/admin/transactions/{userId}", "transactions", ADMIN),
    _route("GET", "/admin/transactions/{userId}/statement", "transactions", ADMIN),
    _route("GET", "/admin/transactions/export", "export", ADMIN),
    _route("DELETE", "/admin/users/{userId}", "erasure", ADMIN),
    _route("GET", "/admin/audit/export", "export", ADMIN),
    _route("GET", "/admin/audit", "audit", ADMIN),
    _route("GET", "/analytics/export", "export", ADMIN),
    _route("GET", "/exports", "export", USER, SERVICE, ADMIN),
    _route("GET", "/exports/{id}", "export", USER, SERVICE, ADMIN),
    _route("GET", "/thresholds", "thresholds", ADMIN),
    _route("POST", "/thresholds", "thresholds", ADMIN),
    _route("POST", "/thresholds/try", "thresholds", ADMIN),
    _route("GET", "/thresholds/{id}", "thresholds", ADMIN),
    _route("PUT", "/thresholds/{id}", "thresholds", ADMIN),
    _route("DELETE", "/thresholds/{id}", "thresholds", ADMIN),
    _route("POST", "/thresholds/{id}/test", "thresholds", ADMIN),
    _route("GET", "/alerts", "thresholds", USER, ADMIN),
    _route("POST", "/alerts/{id}/acknowledge", "thresholds", ADMIN),
    _route("GET", "/admin/system", "system", OPERATOR),
    _route("GET", "/admin/workspaces", "admin", OPERATOR),
    _route("POST", "/admin/workspaces", "admin", OPERATOR),
    _route("GET", "/admin/workspaces/{workspaceId}", "admin", ADMIN),
    _route("PUT", "/admin/workspaces/{workspaceId}", "admin", ADMIN),
    _route("GET", "/admin/api-keys", "admin", ADMIN),
    _route("POST", "/admin/api-keys", "admin", ADMIN),
    _route("DELETE", "/admin/api-keys/{id}", "admin", ADMIN),
    _route("GET", "/admin/customers", "admin", SERVICE, ADMIN),
    _route("PUT", "/admin/customers/{userId}", "admin", SERVICE, ADMIN),
    _route("GET", "/admin/prices", "admin", ADMIN),
    _route("PUT", "/admin/prices", "admin", ADMIN),
    _route("POST", "/admin/repricings", "repricing", ADMIN),
    _route("GET", "/admin/repricings/{id}", "repricing", ADMIN),
)

BY_KEY: Final[dict[str, Route]] = {route.key: route for route in ROUTES}
