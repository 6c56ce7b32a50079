"""The Python client against the deployed stack: whatever breaks, each event is booked once (REC-8)."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from local.state import ROOT
from tests.e2e.line import Line
from tests.e2e.platform import Platform, Shop, eventually

PYTHON: Final = ROOT / ".venv-client" / "bin" / "python"
EVENTS: Final = 10_000
BEFORE_THE_KILL: Final = 6_000
USERS: Final = ("ann", "ben")
CREDITS_EACH: Final = 5
"""What a message costs at the flat price of a new workspace: 0.005 at 0.001 a credit."""

PROGRAM: Final = """
import json, os, sys
import tally

url, key, journal, first, count = sys.argv[1:]
recorder = tally.Recorder(
    tally.Tally(key, url), journal=journal, policy="spill", max_queue=100, max_batch=500, max_wait=0.2
)
for n in range(int(first), int(first) + int(count)):
    recorder.record(user_id=("ann", "ben")[n % 2], service="chat", metadata={"n": n})
print("recorded", flush=True)
if sys.stdin.readline().strip() == "die":
    os.kill(os.getpid(), 9)
assert recorder.flush(300), recorder.stats
stats = recorder.stats
print(json.dumps({name: getattr(stats, name) for name in stats.__slots__}), flush=True)
"""


class Program:
    """A program that records `count` events, then does as it is told."""

    def __init__(self, url: str, key: str, journal: Path, first: int, count: int) -> None:
        arguments = [url, key, str(journal), str(first), str(count)]
        self.process = subprocess.Popen(
            [str(PYTHON), "-c", PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, word: str) -> str:
        """Wait until everything is recorded, say a word, and wait for the end; returns what it prints."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "recorded\n"
        return self.process.communicate(f"{word}\n", timeout=400)[0]


@pytest.fixture
def line(platform: Platform) -> Iterator[Line]:
    """What the client is connected by."""
    made = Line(platform.cloud.api_url)
    yield made
    made.close()


def command_line(url: str, credential: str, home: Path) -> Callable[..., Any]:
    """Runs `tally` and returns what it prints as JSON; it has to end with `code`."""

    def run(*words: object, code: int = 0) -> Any:
        done = subprocess.run(
            [str(PYTHON.with_name("tally")), *map(str, words), "--json"],
            env={"HOME": str(home), "TALLY_URL": url, "TALLY_KEY": credential},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, (words, done)
        return json.loads(done.stdout) if done.stdout else None

    return run


def test_the_command_line_lives_through_the_api(platform: Platform, tmp_path: Path) -> None:
    shop = platform.shop()
    key = platform.api_key(shop.workspace_id)["secret"]
    token = platform.token(f"admin-of-{shop.workspace_id}", "admin", shop.workspace_id)
    backend = command_line(platform.cloud.api_url, key, tmp_path)
    admin = command_line(platform.cloud.api_url, token, tmp_path)

    seeded = backend("seed", "--days", 2, "--per-day", 30, "--users", 2)
    logs = seeded["created"]
    assert seeded["refused"] == 0
    # The day goes on: what happens later today is new, everything else is there already.
    again = backend("seed", "--days", 2, "--per-day", 30, "--users", 2)
    assert again["replayed"] == logs
    logs += again["created"]

    file = tmp_path / "usage.csv"
    rows = [f"demo-user-{n % 2 + 1},{n + 1},0.00{n % 9 + 1}" for n in range(60)]
    file.write_text("\n".join(["customer,in,cost", *rows]) + "\n")
    columns = ["user_id=customer", "tokens.input=in"]
    constants = ["service=chat", "model=m"]
    mapped: list[object] = ["import", file]
    mapped += [word for each in columns for word in ("--map", each)]
    mapped += [word for each in constants for word in ("--set", each)]
    assert backend(*mapped, "--dry-run")["sendable"] == 60
    assert backend(*mapped)["created"] == 60
    assert backend(*mapped, "--restart")["replayed"] == 60
    recorded = backend("record", "demo-user-1", "chat", "--cost", "0.0125", "--id", "by-hand")
    assert recorded["usageLog"]["cost"] == 0.0125
    logs += 61

    shop.await_requests(logs)
    assert backend("stats")["requests"] == logs
    assert backend("balance", "demo-user-1")["balance"] == recorded["account"]["balance"]
    assert backend("balance", "nobody", code=4) is None
    assert backend("record", "nobody", "chat", "--credits", 1, code=5) is None
    assert backend("top", code=3) is None
    assert all(proof["verified"] for proof in admin("verify", "--all"))
    assert admin("top", "-n", 1)["users"][0]["rank"] == 1
    assert len(admin("transactions", "--reason", "purchase")) == 2
    assert admin("thresholds", "--create", "cost", "--monthly", "99.5")[0]["monthlyLimit"] == 99.5
    assert {each["name"] for each in admin("keys")} == {"backend"}
    assert admin("alerts") == []
    manifest = admin("export", tmp_path / "logs.parquet")
    assert manifest["rows"] == manifest["totals"]["requests"] == logs
    assert backend("reconcile")["requests"] == logs


def booked(shop: Shop) -> int:
    """Logs that are in the books now."""
    answers = [shop.backend.get(f"/api/usage-logs/user/{user}", limit=1) for user in USERS]
    return sum(int(answer.body["total"]) for answer in answers)


def test_10000_events_over_two_cuts_and_a_kill_are_10000_logs(
    platform: Platform, line: Line, tmp_path: Path
) -> None:
    shop = platform.shop()
    for user in USERS:
        shop.buy(user, CREDITS_EACH * EVENTS // len(USERS))
    key = platform.api_key(shop.workspace_id)["secret"]

    first = Program(line.url, key, tmp_path, 0, BEFORE_THE_KILL)
    eventually(lambda: booked(shop), bool, "the first logs")
    line.cut()
    eventually(lambda: line.refused, lambda refused: refused >= 2, "tries while the line is cut")
    line.mend()
    seen = booked(shop)
    eventually(lambda: booked(shop), lambda now: now > seen, "logs after the line is mended")
    line.cut()
    assert booked(shop) < BEFORE_THE_KILL
    first.tell("die")
    assert first.process.returncode == -signal.SIGKILL

    second = Program(line.url, key, tmp_path, BEFORE_THE_KILL, EVENTS - BEFORE_THE_KILL)
    tried = line.refused
    eventually(lambda: line.refused, lambda now: now > tried, "a try of the second program")
    line.mend()
    stats: dict[str, int] = json.loads(second.tell("finish"))
    assert second.process.returncode == 0

    assert stats["recorded"] == EVENTS - BEFORE_THE_KILL
    assert stats["adopted"] > 0
    assert stats["sent"] + stats["replayed"] == stats["recorded"] + stats["adopted"]
    assert stats["refused"] == stats["dropped"] == stats["damaged"] == stats["queued"] == 0
    assert list(tmp_path.iterdir()) == []
    assert booked(shop) == EVENTS
    for user in USERS:
        proof: dict[str, Any] = shop.admin.get(f"/api/admin/accounts/{user}/verify").body
        assert proof["verified"], proof
        assert proof["balance"] == 0
    shop.await_requests(EVENTS)
