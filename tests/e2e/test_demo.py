"""The demo as `make demo` leaves it: the README's commands, and figures equal to rows (OPS-5, STA-5)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from local.cloud import Cloud
from local.seed.env import exports
from local.seed.examples import EXAMPLES
from local.seed.plan import ZONE
from shared.domain.calendar import add_days, local_day, local_day_hour, parse_timestamp
from tests.e2e.platform import Caller, Platform
from tests.e2e.test_echo import csv_rows, download

ROOT: Final = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def backend(platform: Platform, demo: Cloud) -> Caller:
    """The demo workspace's backend."""
    return platform.with_credential(str(demo.settings["serviceApiKey"]))


def shell(command: str, demo: Cloud) -> Any:
    """What a command of the README prints, as JSON."""
    run = subprocess.run(
        ["bash", "-euc", command],
        env={**os.environ, **exports(demo)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(run.stdout, parse_float=Decimal)


def readme_commands() -> list[str]:
    """The curl commands of the README, continued lines joined."""
    blocks = re.findall(
        r"^    (curl .*(?:\n      .*)*)", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    return [str(block) for block in blocks]


def test_the_settings_for_scripts_have_what_scripts_need(demo: Cloud) -> None:
    named = {
        "apiUrl", "dashboardUrl", "awsEndpointUrl", "region", "tableName", "exportBucketName",
        "alertTopicArn", "alertQueueUrl", "userPoolClientId", "workspaceId", "serviceApiKey", "users",
    }  # fmt: skip
    assert named <= demo.settings.keys()
    users = demo.settings["users"]
    assert all({"role", "userId", "username", "password"} <= user.keys() for user in users)
    roles = Counter(user["role"] for user in users)
    assert roles["operator"] >= 1
    assert roles["admin"] >= 1
    assert roles["user"] >= 2


def test_every_command_of_the_readme_answers_what_it_says(demo: Cloud) -> None:
    commands = readme_commands()
    assert len(commands) >= 7
    first, *others = commands
    made = shell(first, demo)
    assert {"usageLog", "transaction", "account"} <= made.keys()
    assert made["usageLog"]["receipt"]["rates"]
    assert shell(first, demo)["transaction"] == made["transaction"]
    for command in others:
        answer = shell(command, demo)
        assert "code" not in answer, (command, answer)
    proof = next(command for command in others if "/verify" in command)
    assert shell(proof, demo)["verified"] is True


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_every_example_that_the_demo_prints_answers_what_it_says(demo: Cloud, example: Any) -> None:
    assert example.answers in shell(example.command, demo)


def test_statistics_of_the_seeded_month_equal_a_fold_over_the_exported_rows(
    backend: Caller,
) -> None:
    today = local_day(time.time_ns() // 1_000_000, ZONE)
    days = {"startDate": add_days(today, -29), "endDate": today}
    statistics = backend.get("/api/usage-logs/stats", **days).body["statistics"]
    content, manifest = download(backend, "/api/usage-logs/export", format="csv", **days)
    rows = csv_rows(content)
    assert len(rows) == manifest["rows"] == statistics["requests"] > 5000
    assert statistics["credits"] == sum(int(row["credits"]) for row in rows)
    assert statistics["cost"] == sum(Decimal(row["cost"]) for row in rows)
    assert statistics["errors"] == sum(row["status"] == "error" for row in rows)
    assert statistics["users"] == len({row["userId"] for row in rows})
    for part in ("input", "output", "cachedInput", "cacheWrite", "reasoning", "total"):
        expected = sum(int(row[f"tokens.{part}"] or 0) for row in rows)
        assert statistics["tokens"][part] == expected, part
    when = [local_day_hour(parse_timestamp(row["occurredAt"]), ZONE) for row in rows]
    by_day = Counter(day for day, _ in when)
    assert {d["date"]: d["requests"] for d in statistics["byDay"] if d["requests"]} == by_day
    by_hour = Counter(hour for _, hour in when)
    assert {h["hour"]: h["requests"] for h in statistics["byHour"] if h["requests"]} == by_hour
    by_model = Counter((row["service"], row["model"] or None) for row in rows)
    assert {
        (m["service"], m.get("model")): m["requests"] for m in statistics["byModel"]
    } == by_model


def test_the_seeded_usage_has_the_shape_of_a_working_life(backend: Caller) -> None:
    """OPS-5: weekday peaks from 10 to 16, quieter weekends, sparser history."""
    today = local_day(time.time_ns() // 1_000_000, ZONE)
    days = {"startDate": add_days(today, -89), "endDate": add_days(today, -1)}
    statistics = backend.get("/api/usage-logs/stats", **days).body["statistics"]
    hours = {row["hour"]: row["requests"] for row in statistics["byHour"]}
    assert min(hours[h] for h in range(10, 16)) > max(hours[h] for h in (0, 1, 2, 3, 4, 22, 23))
    recent = statistics["byDay"][-29:]
    weekend = [d["requests"] for d in recent if _weekday(d["date"]) >= 5]
    weekdays = [d["requests"] for d in recent if _weekday(d["date"]) < 5]
    assert sum(weekend) / len(weekend) < sum(weekdays) / len(weekdays) / 2
    older = [d["requests"] for d in statistics["byDay"][:-29]]
    assert 0 < sum(older) / len(older) < sum(weekdays) / len(weekdays)


def _weekday(day: str) -> int:
    return date.fromisoformat(day).weekday()
