"""SEC-5 on the deployed stack, under its real grants: a user goes, the books and everybody else stay."""

from __future__ import annotations

from tests.e2e.platform import Platform, eventually
from tests.e2e.test_echo import download
from tests.exports import parquet_rows


def test_an_erased_user_is_in_no_file_and_the_books_hold(platform: Platform) -> None:
    shop = platform.shop(userPrivacy="visible")
    name = f"mallory-{shop.workspace_id}"
    shop.buy(name, 100)
    for number in range(3):
        body = {"id": f"log-{number}", "userId": name, "service": "chat", "credits": 5}
        made = shop.backend.post("/api/usage-logs", body | {"metadata": {"at": "home"}})
        assert made.status == 201
    shop.await_requests(3)
    account_id = made.body["account"]["accountId"]
    content, manifest = download(shop.backend, "/api/usage-logs/export", format="parquet")
    assert {row["userId"] for row in parquet_rows(content)} == {name}
    assert manifest["columns"] == list(parquet_rows(content)[0])

    asked = shop.admin.send("DELETE", f"/api/admin/users/{name}")

    assert asked.status == 202
    eventually(
        lambda: shop.admin.send("DELETE", f"/api/admin/users/{name}").body["erasure"]["status"],
        lambda status: status == "done",
        "the erasure",
    )
    assert shop.admin.get("/api/exports").body["total"] == 0
    content, _ = download(shop.backend, "/api/usage-logs/export", format="parquet")
    rows = parquet_rows(content)
    assert {(row["userId"], row["metadata"]) for row in rows} == {(account_id, None)}
    proof = shop.admin.get(f"/api/admin/accounts/{account_id}/verify").body
    assert (proof["verified"], proof["balance"], proof["entries"]) == (True, 85, 4)
    assert shop.requests_counted() == 3
    shop.buy(name, 7)
    account = shop.admin.get(f"/api/admin/accounts/{name}").body["account"]
    assert (account["balance"], account["seq"]) == (7, 1)
    assert account["accountId"] != account_id
