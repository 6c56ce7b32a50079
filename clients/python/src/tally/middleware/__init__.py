"""Middleware that records the requests of a web service: ASGI (Starlette, FastAPI, …) and WSGI (Flask, …)."""

from __future__ import annotations

from tally.middleware._meter import Exchange, Meter, Request
from tally.middleware._users import (
    first_of,
    user_from_environ,
    user_from_header,
    user_from_scope,
    user_from_state,
)
from tally.middleware.asgi import ASGIMiddleware
from tally.middleware.presets import auth_routes, credit_routes, mcp_endpoint
from tally.middleware.wsgi import WSGIMiddleware

__all__ = [
    "ASGIMiddleware",
    "Exchange",
    "Meter",
    "Request",
    "WSGIMiddleware",
    "auth_routes",
    "credit_routes",
    "first_of",
    "mcp_endpoint",
    "user_from_environ",
    "user_from_header",
    "user_from_scope",
    "user_from_state",
]
