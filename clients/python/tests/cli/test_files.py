"""Exports that go on, books that are held against each other, and data to play with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.test_commands import MEASURES, TOKENS, statistics
from tests.service import NOW, Reply, Seen, Service, account, transaction


class Exporter:
    """A service that has one export."""

    def __init__(self, service: Service, content: bytes) -> None:
        self.service = service
        self.content = content
        self.asked = 0
        self.working = True
        self.ranges: list[str] = []
        service.routes["GET", "/api/usage-logs/export"] = self.start
        service.routes["GET", "/file"] = self.file
        service.routes["GET", "/manifest"] = lambda seen: Reply(200, self.manifest())
        service.routes["GET", "/api/exports/e-1"] = lambda seen: Reply(200, self.state())

    def start(self, seen: Seen) -> Reply:
        self.asked += 1
        return Reply(200, self.state())

    def state(self) -> dict[str, Any]:
        export = {
            "id": "e-1", "kind": "usage-logs", "format": "jsonl", "status": "done", "rows": 2,
            "progress": 1, "createdAt": NOW,
        }  # fmt: skip
        addresses = {name: f"{self.service.url}/{name[:-3]}" for name in ("fileUrl", "manifestUrl")}
        return {
            "export": export,
            "downloadUrl": addresses["fileUrl"],
            "manifestUrl": addresses["manifestUrl"],
            "expiresAt": NOW,
        }

    def manifest(self) -> dict[str, Any]:
        return {
            "exportId": "e-1", "kind": "usage-logs", "format": "jsonl", "rows": 2, "totals": {},
            "bytes": len(self.content), "sha256": hashlib.sha256(self.content).hexdigest(),
            "createdAt": NOW,
        }  # fmt: skip

    def file(self, seen: Seen) -> Reply:
        asked = seen.headers.get("range", "bytes=0-")
        self.ranges.append(asked)
        if not self.working:
            return Reply(500, b"")
        first = int(asked.removeprefix("bytes=").removesuffix("-"))
        return Reply(206 if first else 200, self.content[first:])


def log(**members: Any) -> dict[str, Any]:
    return {
        "service": "chat", "status": "success", "tokens": TOKENS, "credits": 5, "cost": 0.005, **members,
    }  # fmt: skip


def lines(*logs: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in logs)


def test_an_export_is_saved(service: Service, run: Run, tmp_path: Path) -> None:
    exporter = Exporter(service, lines(log(), log()))
    file = tmp_path / "logs.jsonl"
    done = run("export", file, "--user", "alice")
    assert done.code == 0
    assert file.read_bytes() == exporter.content
    assert service.seen[0].query == {"format": "jsonl", "userId": "alice"}
    assert [each.name for each in tmp_path.iterdir()] == ["logs.jsonl"]


def test_an_interrupted_export_goes_on(service: Service, run: Run, tmp_path: Path) -> None:
    exporter = Exporter(service, lines(log(), log()))
    exporter.working = False
    file = tmp_path / "logs.jsonl"
    assert run("export", file).code == 6
    (tmp_path / "logs.jsonl.part").write_bytes(exporter.content[:40])
    exporter.working = True
    exporter.ranges.clear()
    assert run("export", file).code == 0
    assert exporter.ranges == ["bytes=40-"]
    assert exporter.asked == 1
    assert file.read_bytes() == exporter.content


def test_other_words_are_another_export(service: Service, run: Run, tmp_path: Path) -> None:
    exporter = Exporter(service, lines(log(), log()))
    exporter.working = False
    file = tmp_path / "logs.jsonl"
    run("export", file)
    (tmp_path / "logs.jsonl.part").write_bytes(b"something of the other one")
    exporter.working = True
    exporter.ranges.clear()
    assert run("export", file, "--status", "error").code == 0
    assert exporter.ranges == ["bytes=0-"]
    assert exporter.asked == 2


@pytest.mark.parametrize("equal", [True, False])
def test_statistics_are_held_against_the_logs(service: Service, run: Run, equal: bool) -> None:
    Exporter(
        service,
        lines(
            log(status="error"),
            log(model="m", repriced={"repricingId": "r", "cost": 0.1, "credits": 7}),
        ),
    )
    figures = {
        **MEASURES, "requests": 2, "errors": 1, "credits": 12, "cost": 0.105,
        "tokens": {**TOKENS, "total": 30},
    }  # fmt: skip
    each = {**MEASURES, "requests": 1, "tokens": TOKENS, "service": "chat"}
    models = [
        {**each, "model": None, "errors": 1, "credits": 5, "cost": 0.005},
        {**each, "model": "m", "errors": 0, "credits": 7 if equal else 8, "cost": 0.1},
    ]
    service.on(
        "GET", "/api/usage-logs/stats", {"statistics": statistics(**figures, byModel=models)}
    )
    done = run("reconcile", "--json")
    assert done.code == (0 if equal else 1)
    assert done.json["equal"] is equal
    assert service.seen[1].query["startDate"] == "2026-11-19"
    if not equal:
        assert done.json["differences"] == [
            {"where": "chat/m", "figure": "credits", "statistics": 8, "logs": 7}
        ]
        assert "chat/m" in run("reconcile").out


def test_seeding_twice_adds_nothing(service: Service, run: Run) -> None:
    posted = {"transaction": transaction(), "account": account()}
    service.on("POST", "/api/admin/transactions", posted, status=201)
    words = ("seed", "--days", 3, "--per-day", 40, "--users", 3, "--json")
    first = run(*words)
    assert first.code == 0
    assert 80 <= first.json["created"] <= 120
    count = len(service.logs)
    again = run(*words)
    assert again.json["replayed"] >= count
    assert len({row["userId"] for row in service.logs.values()}) == 3
    assert len(service.logs) == count + again.json["created"]
