"""An import is exact however often it is interrupted and repeated."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.service import Reply, Seen, Service, problem

HEADER = "customer,when,model,in,out,price,note"
MAPPED = (
    "--map", "user_id=customer", "--map", "occurred_at=when", "--map", "tokens.input=in",
    "--map", "tokens.output=out", "--map", "cost=price", "--set", "service=chat", "--metadata", "note",
)  # fmt: skip


def row(n: int) -> str:
    return (
        f"user-{n % 7},2026-11-20T09:{n // 60 % 60:02d}:{n % 60:02d}Z,m,{n},5,0.00{n % 9 + 1},n {n}"
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "usage.csv"
    file.write_text("\n".join([HEADER, *map(row, range(1_000))]) + "\n")
    return file


def test_columns_become_members(service: Service, run: Run, table: Path) -> None:
    done = run("import", table, *MAPPED, "--json")
    assert done.json == {"rows": 1000, "created": 1000, "replayed": 0, "refused": 0}
    first = next(log for log in service.logs.values() if log["metadata"] == {"note": "n 17"})
    del first["id"]
    assert first == {
        "userId": "user-3",
        "service": "chat",
        "model": "m",
        "tokens": {"input": 17, "output": 5},
        "cost": 0.009,
        "occurredAt": "2026-11-20T09:00:17.000Z",
        "metadata": {"note": "n 17"},
    }
    assert [len(seen.body["usageLogs"]) for seen in service.seen] == [500, 500]


def test_a_repeated_import_adds_nothing(service: Service, run: Run, table: Path) -> None:
    run("import", table, *MAPPED)
    again = run("import", table, *MAPPED, "--json")
    assert again.json["created"] == 1000
    assert len(service.seen) == 2
    afresh = run("import", table, *MAPPED, "--json", "--restart")
    assert afresh.json == {"rows": 1000, "created": 0, "replayed": 1000, "refused": 0}
    assert len(service.logs) == 1000


def test_an_interrupted_import_goes_on_and_is_exact(
    service: Service, run: Run, table: Path
) -> None:
    """The third request is carried out and its answer lost, then the service is away for good."""

    def lost(seen: Seen) -> Reply:
        service.record_many(seen)
        service.script.extend([Reply(cut=True)] * 20)
        return Reply(cut=True)

    service.script.extend([service.record_many, service.record_many, lost])
    stopped = run("import", table, *MAPPED, "--batch", 100)
    assert stopped.code == 6
    assert len(service.logs) == 300
    service.script.clear()
    finished = run("import", table, *MAPPED, "--batch", 100, "--json")
    assert "going on after row 200" in finished.err
    assert finished.json == {"rows": 1000, "created": 900, "replayed": 100, "refused": 0}
    assert len(service.logs) == 1000


def test_a_killed_import_is_exact_when_repeated(
    service: Service, environ: dict[str, str], table: Path
) -> None:
    """kill -9 at requests chosen by chance, until it gets through."""
    chance = random.Random(7)  # noqa: S311 - it has to repeat
    command = [
        sys.executable,
        "-m",
        "tally.cli.main",
        "import",
        str(table),
        *MAPPED,
        "--batch",
        "50",
    ]
    runs = 0
    while True:
        runs += 1
        with subprocess.Popen(
            command,
            env={**os.environ, **environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as program:
            fatal = chance.randrange(2, 9)

            def kill(seen: Seen, fatal: int = fatal, running: Any = program) -> Reply:
                reply = service.record_many(seen)
                kill.count += 1  # type: ignore[attr-defined]
                if kill.count == fatal:  # type: ignore[attr-defined]
                    running.send_signal(signal.SIGKILL)
                return reply

            kill.count = 0  # type: ignore[attr-defined]
            service.routes["POST", "/api/usage-logs/batch"] = kill
            code = program.wait(60)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert runs > 2
    assert len(service.logs) == 1000


def test_a_dry_run_reads_everything_and_sends_nothing(
    service: Service, run: Run, table: Path
) -> None:
    with table.open("a") as file:
        file.write("user-1,yesterday,m,1,1,1,bad time\n")
    done = run("import", table, *MAPPED, "--dry-run", "--json")
    assert done.code == 1
    assert done.json["sendable"] == 1000
    assert done.json["users"] == 7
    assert done.json["samples"][0]["userId"] == "user-0"
    assert "row 1001" in done.err
    assert service.seen == []


def test_rows_that_are_refused_are_told_and_hold_up_nobody(
    service: Service, run: Run, table: Path, tmp_path: Path
) -> None:
    service.refused["user-3"] = (402, "insufficient_credits")
    with table.open("a") as file:
        file.write("user-1,2026-11-20T10:00:00Z,m,many,1,1,bad tokens\n")
        file.write("user-1,2026-11-20T10:00:01Z,m,1,1,1,good\n")
    rejects = tmp_path / "rejects.jsonl"
    done = run("import", table, *MAPPED, "--json", "--rejects", rejects)
    assert done.code == 1
    refused = len(range(3, 1000, 7)) + 1
    assert done.json["refused"] == refused
    assert len(service.logs) == 1002 - refused
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert len(told) == refused
    assert {each["code"] for each in told} == {"insufficient_credits", "invalid"}
    assert told[0]["usage"]["userId"] == "user-3"


def test_a_row_in_contention_is_sent_again(service: Service, run: Run, table: Path) -> None:
    def contended(seen: Seen) -> Reply:
        body = service.record_many(seen).body
        del service.logs[body["results"][0]["usageLog"]["id"]]
        error = problem(503, "conflict_retry")
        body["results"][0] = {"index": 0, "status": "rejected", "error": error}
        return Reply(200, body)

    service.script.append(contended)
    assert run("import", table, *MAPPED).code == 0
    assert len(service.logs) == 1000


def test_a_changed_row_is_a_conflict_and_never_a_second_log(
    service: Service, run: Run, table: Path
) -> None:
    run("import", table, *MAPPED)
    table.write_text(table.read_text().replace("n 17\n", "n seventeen\n"))
    done = run("import", table, *MAPPED, "--restart", "--json")
    assert done.json["refused"] == 1
    assert len(service.logs) == 1000


def test_json_lines_are_read_as_exports_write_them(
    service: Service, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "logs.jsonl"
    log = {
        "id": "log-1", "userId": "alice", "service": "chat", "tokens": {"input": 3, "output": 4},
        "cost": 0.005, "occurredAt": "2026-11-20T09:30:00.000Z", "metadata": {"a": 1}, "extra": True,
    }  # fmt: skip
    file.write_text(json.dumps(log) + "\n\nrubbish\n[]\n" + json.dumps({**log, "id": "log-2"}))
    done = run("import", file, "--json")
    assert done.json == {"rows": 4, "created": 2, "replayed": 0, "refused": 2}
    del log["extra"]
    assert service.logs["log-1"] == log


def test_a_csv_export_goes_in_again(service: Service, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "logs.csv"
    file.write_bytes(
        "﻿id,userId,service,tokens.input,tokens.output,occurredAt,errorCode\r\n"
        'log-1,alice,chat,3,4,2026-11-20T09:30:00.000Z,"\'=a\nb"\r\n'.encode()
    )
    assert run("import", file).code == 0
    assert service.logs["log-1"]["errorCode"] == "=a\nb"
    assert service.logs["log-1"]["tokens"] == {"input": 3, "output": 4}


@pytest.mark.parametrize(
    ("text", "words", "says"),
    [
        ("a,b\n1,2\n", (), "--map user_id=COLUMN"),
        ("user_id,service\nalice,chat\n", ("--map", "model=nope"), "there is no column 'nope'"),
        ("user_id,service\nalice,chat\n", ("--metadata", "nope"), "there is no column 'nope'"),
        ('user_id,service\n"alice,chat\n', (), "no CSV"),
    ],
)
def test_a_file_that_does_not_fit_is_told(
    run: Run, tmp_path: Path, text: str, words: tuple[str, ...], says: str
) -> None:
    file = tmp_path / "usage.csv"
    file.write_text(text)
    done = run("import", file, *words)
    assert done.code == 5
    assert says in done.err


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1795253400", "2026-11-21T09:30:00.000Z"),
        ("1795253400123", "2026-11-21T09:30:00.123Z"),
        ("2026-11-21 09:30:00+09:00", "2026-11-21T00:30:00.000Z"),
        ("2026-11-21 09:30:00", "2026-11-21T09:30:00.000Z"),
    ],
)
def test_times_are_understood(
    service: Service, run: Run, tmp_path: Path, text: str, at: str
) -> None:
    file = tmp_path / "usage.csv"
    file.write_text(f"user_id,service,occurred_at\nalice,chat,{text}\n")
    assert run("import", file, "--utc").code == 0
    (log,) = service.logs.values()
    assert log["occurredAt"] == at
    assert log["id"][14] == "7"


def test_a_time_without_an_offset_is_not_guessed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_text("user_id,service,occurred_at\nalice,chat,2026-11-21 09:30:00\n")
    done = run("import", file)
    assert done.code == 1
    assert "--utc" in done.err


def test_a_file_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    done = run("import", tmp_path / "none.csv")
    assert done.code == 3
    assert "none.csv" in done.err
