"""The operators' commands: found by name, resumable, and clear about what could not be done."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from operations import __main__ as command_line
from operations import proving
from operations.proving import Proving
from operations.stack import Stack
from shared.domain.archive import USAGE_LOGS, Archive, Part, Unit
from shared.reconcile.report import Finding, Report
from shared.store.archives import DynamoArchives
from shared.store.ledger import DynamoLedger
from shared.store.proofs import DynamoArchived
from shared.store.table import Table
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage, a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable
from tests.folding import AtCall, CrashError, crash
from tests.reconciling import ProvedShop


class FakeStack:
    """A deployment whose table is in memory."""

    def __init__(self, table: Table, clock: FakeClock) -> None:
        self.clock = clock
        self._table = table

    def table(self) -> Table:
        return self._table


@pytest.fixture
def shop() -> ProvedShop:
    """Two workspaces, folded."""
    shop = ProvedShop()
    shop.live(1)
    DynamoWorkspaces(shop.table).create(a_workspace(workspace_id="zeta", enforce_credits=False))
    DynamoLedger(shop.table, shop.clock).record("zeta", [a_usage("one", user_id="ann")])
    shop.fold_stream()
    return shop


def run(
    monkeypatch: pytest.MonkeyPatch, shop: ProvedShop, *words: str, command: str = "reconcile"
) -> int:
    """A command on the shop's table."""
    stack: Any = FakeStack(shop.table, shop.clock)
    monkeypatch.setattr(Stack, "of", lambda _: stack)
    args = command_line.parse([command, *words])
    return int(args.command.run(args))


def test_commands_are_the_modules_that_have_a_name() -> None:
    names = {module.NAME for module in command_line.commands()}

    assert {"verify", "reconcile", "rebuild", "dead-letters"} <= names


def test_all_is_well(
    monkeypatch: pytest.MonkeyPatch, shop: ProvedShop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, shop, "--all") == 0
    assert "4 accounts, 13 entries" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "code", "drift"),
    [("reconcile", 1, {"cells requests": 3}), ("verify", 0, {})],
)
def test_drift_is_an_exit_code_and_told_to_programs(
    monkeypatch: pytest.MonkeyPatch,
    shop: ProvedShop,
    capsys: pytest.CaptureFixture[str],
    command: str,
    code: int,
    drift: dict[str, int],
) -> None:
    shop.damage("#C#1#H", "", rq=3)

    assert run(monkeypatch, shop, "--workspace", WORKSPACE, "--json", command=command) == code
    told = json.loads(capsys.readouterr().out)
    assert (told["drift"], told["total"]) == (drift, sum(drift.values()))


def test_one_users_account_alone(
    monkeypatch: pytest.MonkeyPatch, shop: ProvedShop, capsys: pytest.CaptureFixture[str]
) -> None:
    item = shop.damage("#A#", "HEAD", ba=1)
    damaged = str(item["pk"]).split("#")[3]

    for user in ("alice", "bob", "carol"):
        own = shop.account_id(user)
        found = run(monkeypatch, shop, "--workspace", WORKSPACE, "--user", user, command="verify")
        assert found == int(own == damaged)
    assert run(monkeypatch, shop, "--workspace", WORKSPACE, "--account", damaged) == 1
    assert "heads wrong" in capsys.readouterr().out


@pytest.mark.parametrize("k", [20, 45, 70])
def test_a_run_that_ended_early_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, shop: ProvedShop, tmp_path: Path, k: int
) -> None:
    monkeypatch.setattr(proving, "KEEP_EVERY", 1)
    file = tmp_path / "run.json"
    words = ("--all", "--resume", str(file), "--json")
    shop.damage("#C#1#P", "", rq=2)
    step = AtCall(k, crash)
    shop.table.meet_chaos(step)
    with pytest.raises(CrashError):
        run(monkeypatch, shop, *words)
    shop.table.meet_chaos(None)
    kept = json.loads(file.read_text()) if file.exists() else {}

    reads = sum(shop.table.calls.values())
    assert run(monkeypatch, shop, *words) == 1
    resumed = sum(shop.table.calls.values()) - reads
    assert not file.exists()
    assert run(monkeypatch, shop, *words) == 1
    whole = sum(shop.table.calls.values()) - reads - resumed
    assert bool(kept) == (resumed < whole)


def test_the_total_counts_every_workspace(
    monkeypatch: pytest.MonkeyPatch, shop: ProvedShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.damage("W#zeta#C#1#D", "DAY#", rq=1)
    shop.damage(f"W#{WORKSPACE}#C#1#D", "DAY#", rq=2)

    assert run(monkeypatch, shop, "--all", "--json") == 1

    assert json.loads(capsys.readouterr().out)["drift"] == {"cells requests": 3}


@pytest.mark.parametrize(
    "words", [["verify", "--all", "--state", "x"], ["rebuild"], ["verify"], ["nothing"]]
)
def test_a_command_line_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.parse(words)
    assert ended.value.code == 2


def test_a_command_that_cannot_be_carried_out_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["operations", "--state", str(tmp_path), "verify", "--all"]
    monkeypatch.setattr("sys.argv", words)
    assert command_line.main() == 2
    assert "no local cloud here" in capsys.readouterr().err

    def broken(args: argparse.Namespace) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("operations.verify.run", broken)
    assert command_line.main() == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_is_found_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(behind=2, folded=1, unsettled=["D 2026-11-20"])
    report.find([Finding("cells cost", "D 2026-11-19", 5, 9, "acct_1", 4)])

    proving.tell(report, as_json=False)

    told = capsys.readouterr().out
    assert "acct_1 D 2026-11-19: cells cost: expected 5, found 9" in told
    assert "D 2026-11-20: kept changing" in told
    assert "drift 4" in told


def test_an_archived_day_is_what_its_files_say(fake_table: FakeTable) -> None:
    sums = {"requests": 2, "errors": 0, "totalTokens": 9, "credits": 7, "cost": 11}
    part = Part("00000-1.parquet", 2, 10, "ab", "acct_1", "acct_2", 0, 1, sums)
    archives = DynamoArchives(fake_table, map)
    for day, status in (("2026-11-01", "done"), ("2026-11-02", "writing")):
        unit = Unit(WORKSPACE, USAGE_LOGS, day)
        assert archives.save(Archive(unit, status, 1, parts=(part, part)), None)  # type: ignore[arg-type]

    assert DynamoArchived(fake_table).days(WORKSPACE) == {"2026-11-01": (4, 14, 22)}


def test_every_workspace_is_listed_however_many(
    monkeypatch: pytest.MonkeyPatch, shop: ProvedShop
) -> None:
    monkeypatch.setattr(proving, "PAGE", 1)
    stack: Any = FakeStack(shop.table, shop.clock)

    assert list(Proving(stack, cells=False).workspace_ids()) == [WORKSPACE, "zeta"]
