"""Ten thousand logs and ten thousand transactions, exported in every format on the local cloud (EXP-2).

The baseline reads the same items with a bare client, account by account, and puts one object of their
size: what nobody can do without. The local cloud is a single Python process, so seconds say little about
AWS; the ratio says what the export adds.
"""

from __future__ import annotations

import time
from typing import Any, Final

from benchmarks.results import Result
from benchmarks.shop import Shop
from local.cloud import Cloud
from shared.domain.exports import FORMATS
from shared.store.schema import HISTORY, account_pk, entry_sk, logs_history

USERS: Final = 50
ROUNDS: Final = 200
GOAL_RATIO: Final = 4.0
GOAL_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 300.0


def run(cloud: Cloud) -> list[Result]:
    """Measure both kinds of export, after seeding them if need be."""
    shop = Shop(cloud, "bench-exports")
    shop.fill(USERS, ROUNDS)
    accounts = shop.accounts(USERS)
    kinds = {
        "usage logs": ("/api/usage-logs/export", [_log_query(shop, a) for a in accounts]),
        "transactions": (
            "/api/admin/transactions/export",
            [_entry_query(shop, a) for a in accounts],
        ),
    }
    results = []
    for name, (path, queries) in kinds.items():
        for file_format in FORMATS:
            seconds, size = _export(shop, path, file_format)
            bare = _bare(cloud, queries, size)
            title = f"{USERS * ROUNDS:,} {name} as {file_format}"
            results.append(Result(title, seconds, "s", bare, GOAL_RATIO))
            results.append(Result(f"{title}, in all", seconds, "s", None, GOAL_SECONDS))
    return results


def _export(shop: Shop, path: str, file_format: str) -> tuple[float, int]:
    begun = time.perf_counter()
    made = shop.admin.get(path, format=file_format)["export"]
    while made["status"] == "running":
        if time.perf_counter() - begun > PATIENCE_SECONDS:
            raise TimeoutError(f"{path} has not ended")
        time.sleep(POLL_SECONDS)
        made = shop.admin.get(f"/api/exports/{made['id']}")["export"]
    if made["status"] != "done" or made["rows"] != USERS * ROUNDS:
        raise RuntimeError(f"{path} ended {made['status']} with {made['rows']} rows")
    return time.perf_counter() - begun, int(made["bytes"])


def _log_query(shop: Shop, account_id: str) -> dict[str, Any]:
    return {
        "IndexName": HISTORY.name,
        "KeyConditionExpression": "hk = :p",
        "ExpressionAttributeValues": {":p": {"S": logs_history(shop.workspace_id, account_id)}},
    }


def _entry_query(shop: Shop, account_id: str) -> dict[str, Any]:
    return {
        "KeyConditionExpression": "pk = :p AND sk >= :s",
        "ExpressionAttributeValues": {
            ":p": {"S": account_pk(shop.workspace_id, account_id)},
            ":s": {"S": entry_sk(0)},
        },
    }


def _bare(cloud: Cloud, queries: list[dict[str, Any]], size: int) -> float:
    dynamodb, s3 = cloud.dynamodb, cloud.s3
    table = str(cloud.settings["tableName"])
    begun = time.perf_counter()
    for query in queries:
        for page in dynamodb.get_paginator("query").paginate(TableName=table, **query):
            assert "Items" in page
    bucket = str(cloud.settings["exportBucketName"])
    s3.put_object(Bucket=bucket, Key="benchmark/baseline", Body=b"x" * size)
    return time.perf_counter() - begun
