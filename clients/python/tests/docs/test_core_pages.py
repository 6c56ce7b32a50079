"""The pages of the client, the recorder and the command line are true: their code runs."""

from __future__ import annotations

import hashlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run, environ, run  # noqa: F401 - fixtures
from tests.cli.test_commands import ALERT, API_KEY, MEASURES, THRESHOLD, proof, statistics
from tests.service import NOW, Reply, Seen, Service, account, transaction

import tally
from tally.recorder._courier import _close_all

HOME = Path(__file__).resolve().parents[2]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^    (tally .*)$", re.MULTILINE)
CONTENT = b"id,userId\r\n"


@pytest.fixture
def here(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, an environment that knows the service, and a service that knows its routes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TALLY_URL", service.url)
    monkeypatch.setenv("TALLY_KEY", "key-1")
    service.refused["poor"] = (402, "insufficient_credits")
    for method, path, answer in answers(service.url):
        service.on(method, f"/api/{path}" if path[0] != "/" else path, answer)
    return tmp_path


def answers(url: str) -> list[tuple[str, str, Any]]:
    rows = {"transactions": [transaction()], "total": 1, "page": 1, "limit": 20}
    key = {"apiKeys": [API_KEY], "total": 1, "page": 1, "limit": 20}
    logs = {"usageLogs": [], "total": 0, "page": 1, "limit": 20}
    user = {"userId": "acct_1", "rank": 1, "share": 0.5, **MEASURES}
    export = {
        "id": "e-1", "kind": "usage-logs", "format": "csv", "status": "done", "rows": 0, "progress": 1,
        "createdAt": NOW,
    }  # fmt: skip
    state = {"export": export, "downloadUrl": f"{url}/file", "manifestUrl": f"{url}/manifest"}
    manifest = {
        "exportId": "e-1", "kind": "usage-logs", "format": "csv", "rows": 0, "totals": {},
        "bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest(), "createdAt": NOW,
    }  # fmt: skip
    return [
        ("GET", "admin/accounts/alice", {"account": account()}),
        ("GET", "admin/accounts/alice/verify", proof(True)),
        ("GET", "admin/transactions/alice", rows),
        ("GET", "usage-logs/stats", {"statistics": statistics()}),
        ("GET", "usage-logs/summary", {"summary": [], "totals": MEASURES, "currency": "USD"}),
        ("GET", "usage-logs/user/alice", logs),
        ("GET", "analytics/users/top", {"users": [user], "currency": "USD"}),
        ("GET", "alerts", {"alerts": [ALERT], "total": 1, "page": 1, "limit": 20}),
        ("POST", "thresholds", {"threshold": THRESHOLD}),
        ("GET", "admin/api-keys", key),
        ("POST", "admin/transactions", {"transaction": transaction(), "account": account()}),
        ("GET", "usage-logs/export", state),
        ("GET", "exports/e-1", state),
        ("GET", "/file", CONTENT),
        ("GET", "/manifest", manifest),
    ]


@pytest.mark.parametrize("page", ["README.md", "docs/core.md", "docs/recorder.md"])
def test_the_code_of_a_page_runs(
    service: Service, here: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tally.recorder._default._recorder", None)
    blocks = PYTHON.findall((HOME / page).read_text())
    assert blocks
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102 - that is the test
    assert tally.flush(30)
    for made in names.values():
        if isinstance(made, tally.Tally):
            made.close()
    _close_all()
    assert service.logs


def test_from_pip_install_to_a_recorded_log_it_is_five_lines(service: Service, here: Path) -> None:
    start = (HOME / "README.md").read_text().partition("## Quick start\n")[2]
    code = PYTHON.search(start)
    assert code is not None
    shell = [line for line in start[: code.start()].splitlines() if line.strip()]
    lines = [line for line in code[1].splitlines() if line.strip()]
    assert (len(shell), len(lines)) == (2, 3)
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102 - that is the test
    names["client"].close()
    (log,) = service.logs.values()
    assert log["userId"] == "alice"


def test_every_command_of_the_page_does_what_it_says(
    service: Service,
    here: Path,
    run: Run,  # noqa: F811 - the fixture
) -> None:
    (here / "usage.csv").write_text("customer,prompt\nalice,12\n")

    def equal(seen: Seen) -> Reply:
        nothing = dict.fromkeys(("requests", "errors", "credits", "cost", "errorRate"), 0)
        none = {**nothing, "tokens": dict.fromkeys(MEASURES["tokens"], 0)}
        return Reply(200, {"statistics": statistics(**none, byService=[], byModel=[])})

    commands = COMMAND.findall((HOME / "docs" / "cli.md").read_text())
    assert len(commands) > 15
    for command in commands:
        if "reconcile" in command:
            service.routes["GET", "/api/usage-logs/stats"] = equal
            service.on("GET", "/file", b"")
            empty = dict(answers(service.url)[-1][2], bytes=0, sha256=hashlib.sha256().hexdigest())
            service.on("GET", "/manifest", empty)
        done = run(*shlex.split(command)[1:], stdin="key-1\n")
        assert (done.code, command) == (0, command), done.err
