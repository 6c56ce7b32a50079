"""A flood of bad credentials on the deployed stack (SEC-4).

In the local cloud all callers have one address. For a minute after this, a bad credential of anybody is told
429 instead of 401, so this file's name lets it come after those that look for the one.
"""

from __future__ import annotations

from tests.e2e.platform import Platform


def test_a_flood_of_bad_credentials_is_throttled_and_good_ones_beside_it_are_not(
    platform: Platform,
) -> None:
    shop = platform.shop()
    secret = str(platform.api_key(shop.workspace_id)["secret"])
    bad = platform.with_credential(f"{secret[:-4]}0000")

    answers = [bad.get("/api/exports") for _ in range(200)]

    statuses = [answer.status for answer in answers]
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 120 * 1.05
    assert answers[-1].body["code"] == "rate_limited"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert platform.with_credential(secret).get("/api/exports").status == 200
    assert shop.admin.get("/api/exports").status == 200
    listed = shop.admin.get("/api/admin/audit", actor=f"key:{secret.split('_')[-2]}", limit=100)
    refused = {(entry["outcome"], entry["status"]) for entry in listed.body["entries"]}
    assert ("denied", 401) in refused
