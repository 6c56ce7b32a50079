"""SEC-5 on the deployed stack, under its real grants: a user goes, the books and everybody else stay."""

from __future__ import annotations

from local.cloud import client
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


def test_an_erasure_whose_job_got_lost_is_picked_up_and_done(platform: Platform) -> None:
    """Under the real grants of the function that looks for it."""
    shop = platform.shop(userPrivacy="visible", enforceCredits=False)
    name = f"oscar-{shop.workspace_id}"
    body = {"id": "log-1", "userId": name, "service": "chat", "metadata": {"at": "home"}}
    account_id = shop.backend.post("/api/usage-logs", body).body["account"]["accountId"]
    assert shop.admin.send("DELETE", f"/api/admin/users/{name}").status == 202
    table, key = platform.cloud.settings["tableName"], {"S": f"W#{shop.workspace_id}#ERASURES"}
    erasure = eventually(
        lambda: platform.cloud.dynamodb.get_item(
            TableName=table, Key={"pk": key, "sk": {"S": account_id}}
        )["Item"],
        lambda item: item["st"]["S"] == "done",
        "the erasure",
    )
    # As it stood before its job: its texts are back, and nobody has been at it for an hour.
    lost = {
        **erasure,
        "st": {"S": "running"},
        "sq": {"N": "0"},
        "ua": {"N": str(int(erasure["ca"]["N"]) - 3_600_000)},
        "ok": {"S": "UNDER_WAY"},
        "os": {"S": f"{key['S']}#{account_id}"},
    }
    log = {"pk": {"S": f"W#{shop.workspace_id}#L#log-1"}, "sk": {"S": "LOG"}}
    platform.cloud.dynamodb.update_item(
        TableName=table,
        Key=log,
        UpdateExpression="SET md = :md",
        ExpressionAttributeValues={":md": {"S": '{"at":"home"}'}},
    )
    platform.cloud.dynamodb.put_item(TableName=table, Item=lost)
    functions = client("lambda", platform.cloud.url)
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    reconcile = next(name for name in names if "Reconcile" in name)

    answer = functions.invoke(FunctionName=reconcile, Payload=b'{"pickUp": true}')

    assert "FunctionError" not in answer, answer["Payload"].read()
    eventually(
        lambda: platform.cloud.dynamodb.get_item(TableName=table, Key=log)["Item"],
        lambda item: "md" not in item,
        "the texts to go",
    )
