"""The dashboard's address: its API is the API, and whoever asks is who they are (SEC-4)."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from tests.e2e.platform import PASSWORD, Platform

SOMEBODY_ELSE = "203.0.113.77"


def test_the_api_behind_the_page_is_the_api_and_no_header_makes_up_an_address(
    platform: Platform,
) -> None:
    settings = platform.cloud.settings
    shop = platform.shop()
    # Python looks no name below localhost up: the address is the cloud's, the name is the page's.
    host = {"host": urlsplit(settings["dashboardUrl"]).netloc}
    token = platform.cloud.id_token(f"admin-of-{shop.workspace_id}", PASSWORD)
    said = {"x-tally-viewer": SOMEBODY_ELSE, "x-forwarded-for": SOMEBODY_ELSE, "x-tally-edge": "no"}
    known = {**host, **said, "authorization": f"Bearer {token}"}

    with httpx.Client(base_url=settings["awsEndpointUrl"], timeout=60) as client:
        missing = client.get("/api/nothing-here", headers=host)
        unknown = client.get("/api/exports", headers=host)
        seen = client.get("/api/exports", headers=known)
        exports = client.get("/api/exports?limit=1", headers=known)
        same = client.get("/config.json", headers=host)

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (unknown.status_code, unknown.json()["code"]) == (401, "unauthorized")
    assert (seen.status_code, exports.status_code) == (200, 200)
    assert "content-security-policy" in same.headers
    entries = shop.admin.get("/api/admin/audit", limit=100).body["entries"]
    assert len([entry for entry in entries if entry["action"] == "GET /api/exports"]) >= 2
    assert {entry["ip"] for entry in entries} == {"127.0.0.1"}
