"""Cells equal the journal whatever dies and comes again; what is damaged is told, and made right (STA-5)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any

from local.cloud import client
from local.state import ROOT, State
from operations.letters import event_record
from tests.e2e.platform import Platform, Shop, eventually

USERS = 4
BATCHES = 16
ROWS = 40


class Operator:
    """Somebody at the command line."""

    def __init__(self, state: State) -> None:
        self._state = state

    def __call__(self, *words: str) -> tuple[int, str]:
        """Run a command; its exit code and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "operations", "--state", str(self._state.folder), *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 1}, done.stderr
        return done.returncode, done.stdout

    def report(self, *words: str) -> dict[str, Any]:
        """What a proof found."""
        found: dict[str, Any] = json.loads(self(*words, "--json")[1])
        return found

    def folds(self, workspace_id: str) -> dict[str, Any]:
        """Reconcile, and fold by the way what was lost."""
        return self.report("reconcile", "--workspace", workspace_id, "--fold")


def kill_workers(state: State) -> int:
    """End every process of this cloud that runs a function."""
    emulator = str(state.read(state.process_file)["pid"])
    listed = subprocess.run(
        ["ps", "--ppid", emulator, "-o", "pid=,args="], capture_output=True, text=True, check=False
    )
    workers = [line.split()[0] for line in listed.stdout.splitlines() if "_worker.py" in line]
    for pid in workers:
        os.kill(int(pid), signal.SIGKILL)
    return len(workers)


def record(shop: Shop, batch: int) -> None:
    """A batch, sent until it is answered: who answers may be killed at any moment."""
    rows = [
        {
            "id": f"b{batch}-{row}",
            "userId": f"user-{(batch + row) % USERS}",
            "service": "chat",
            "model": f"m{row % 3}",
            "responseTimeMs": row,
        }
        for row in range(ROWS)
    ]

    def sent() -> int:
        answer = shop.backend.send("POST", "/api/usage-logs/batch", {"usageLogs": rows})
        if answer.status != 200:
            return answer.status
        states = {result["status"] for result in answer.body["results"]}
        return 200 if states <= {"created", "replayed"} else 503

    eventually(sent, lambda status: status == 200, f"batch {batch}")


def deliver_again(platform: Platform, workspace_id: str) -> int:
    """Hand the function that folds all entries of a workspace that the stream still has."""
    own = f"W#{workspace_id}#A#"
    url, table = platform.cloud.url, platform.cloud.settings["tableName"]
    arn = platform.cloud.dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams, functions = client("dynamodbstreams", url), client("lambda", url)
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    folding = next(name for name in names if "Aggregate" in name)
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    count = 0
    for shard in shards:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            records = [
                event_record(each, arn)
                for each in page["Records"]
                if each["dynamodb"]["Keys"]["sk"]["S"].startswith("J#")
                and each["dynamodb"]["Keys"]["pk"]["S"].startswith(own)
            ]
            if records:
                answer = functions.invoke(
                    FunctionName=folding, Payload=json.dumps({"Records": records}).encode()
                )
                assert "FunctionError" not in answer, answer["Payload"].read()
            count += len(records)
            iterator = page.get("NextShardIterator") if page["Records"] else None
    return count


def test_cells_are_exact_after_kills_and_repeats_and_made_right_after_damage(
    platform: Platform, state: State
) -> None:
    shop, run = platform.shop(enforceCredits=False), Operator(state)
    over = Event()

    def kill() -> None:
        while not over.wait(1.5):
            kill_workers(state)

    killer = Thread(target=kill)
    killer.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda batch: record(shop, batch), range(BATCHES)))
    finally:
        over.set()
        killer.join()
    assert deliver_again(platform, shop.workspace_id) > 0
    expected = BATCHES * ROWS
    eventually(
        lambda: (run.folds(shop.workspace_id), shop.requests_counted())[1],
        lambda seen: seen == expected,
        f"{expected} requests in the cells",
    )
    found = run.folds(shop.workspace_id)
    assert (found["drift"], found["unsettled"]) == ({}, [])
    assert (found["accounts"], found["logs"]) == (USERS, expected)

    _damage(platform, shop)
    code, told = run("reconcile", "--workspace", shop.workspace_id)
    assert code == 1
    assert "cells requests" in told

    writing = Thread(target=record, args=(shop, BATCHES))
    writing.start()
    code, told = run("rebuild", "--workspace", shop.workspace_id)
    writing.join()
    assert code == 0, told
    assert "is read now" in told
    shop.await_requests(expected + ROWS)
    assert run.folds(shop.workspace_id)["drift"] == {}


def _damage(platform: Platform, shop: Shop) -> None:
    """Add seven requests to a day that had fewer."""
    table, pk = platform.cloud.settings["tableName"], f"W#{shop.workspace_id}#C#1#D"
    found = platform.cloud.dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )["Items"][0]
    platform.cloud.dynamodb.update_item(
        TableName=table,
        Key={"pk": found["pk"], "sk": found["sk"]},
        UpdateExpression="ADD rq :seven",
        ExpressionAttributeValues={":seven": {"N": "7"}},
    )


def test_a_night_is_told_to_operators_and_a_dead_letter_is_sent_on_its_way(
    platform: Platform, state: State
) -> None:
    run = Operator(state)

    def system() -> Any:
        return platform.operator.get("/api/admin/system").body

    assert run("schedules")[0] == 0
    before = system()["lastReconciled"]
    assert run("schedules", "start", "Nightly")[0] == 0
    after = eventually(system, lambda seen: seen["lastReconciled"] != before, "a night")
    assert after["drift"] == 0

    queues = platform.cloud.sqs.list_queues()["QueueUrls"]
    failures = next(url for url in queues if "ReconcileDeadLetters" in url)
    platform.cloud.sqs.send_message(QueueUrl=failures, MessageBody='{"runId": "x", "step": 0}')
    only = ("--queue", "ReconcileDeadLetters")
    code, told = run("dead-letters", "list", *only)
    assert code == 1
    assert '"runId": "x"' in told
    assert run("dead-letters", "redrive", *only)[0] == 0
    assert run("dead-letters", "list", *only)[0] == 0
