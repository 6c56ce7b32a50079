"""The operators' commands: found by name, resumable, and clear about what could not be done."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from operations import __main__ as entry
from operations import proving
from operations import running as command_line
from operations.errors import CommandError
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


def main(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The whole command line."""
    monkeypatch.setattr("sys.argv", ["operations", *words])
    return entry.main()


def test_a_command_that_cannot_be_carried_out_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--state", str(tmp_path), "verify", "--all"]
    assert main(monkeypatch, *words) == 2
    assert "no local cloud here" in capsys.readouterr().err

    def broken(args: argparse.Namespace) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("operations.verify.run", broken)
    assert main(monkeypatch, *words) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert main(monkeypatch, *words, "--json") == 2
    told = capsys.readouterr()
    assert json.loads(told.out) == {"error": "verify: ZeroDivisionError: "}
    assert "ZeroDivisionError" in told.err


def test_what_ends_before_there_is_a_command_ends_with_2_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 means that something was found; a checkout that does not even import has found nothing."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "operations.running", None)
        assert entry.main() == 2
        assert "ModuleNotFoundError" in capsys.readouterr().err

    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "main", interrupted)
    assert entry.main() == 2
    assert "interrupted" in capsys.readouterr().err


def test_every_exit_code_but_0_says_why_on_stderr_and_json_is_always_a_document(
    monkeypatch: pytest.MonkeyPatch, shop: ProvedShop, capsys: pytest.CaptureFixture[str]
) -> None:
    stack: Any = FakeStack(shop.table, shop.clock)
    monkeypatch.setattr(Stack, "of", lambda _: stack)
    for workspace, wrong in ((WORKSPACE, True), ("zeta", False), ("nowhere", True)):
        for option in ([], ["--user", "alice"]):
            shop.damage(f"W#{WORKSPACE}#A#{shop.account_id('alice')}", "HEAD", ba=1)
            code = main(monkeypatch, "verify", "--json", "--workspace", workspace, *option)
            told = capsys.readouterr()
            assert bool(code) == (wrong or bool(option)), (workspace, option)
            assert isinstance(json.loads(told.out), dict)
            assert not code or "verify: " in told.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["verify", "--workspace", "nowhere"], "no such workspace"),
        (["reconcile", "--workspace", WORKSPACE, "--user", "nobody"], "user 'nobody' of acme"),
        (["verify", "--workspace", WORKSPACE, "--account", "acct_x"], "account 'acct_x' of acme"),
        (["verify", "--all", "--user", "alice"], "go with --workspace"),
        (["verify", "--all", "--resume", "pyproject.toml"], "name another"),
    ],
)
def test_a_mistake_is_told_and_is_no_finding(
    monkeypatch: pytest.MonkeyPatch,
    shop: ProvedShop,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    why: str,
) -> None:
    stack: Any = FakeStack(shop.table, shop.clock)
    monkeypatch.setattr(Stack, "of", lambda _: stack)

    assert main(monkeypatch, *words) == 2

    told = capsys.readouterr()
    assert why in told.err
    assert "Traceback" not in told.err


def test_a_run_of_verify_is_not_gone_on_with_by_reconcile(
    monkeypatch: pytest.MonkeyPatch, shop: ProvedShop, tmp_path: Path
) -> None:
    monkeypatch.setattr(proving, "KEEP_EVERY", 1)
    words = ("--all", "--resume", str(tmp_path / "run.json"))
    shop.table.meet_chaos(AtCall(30, crash))
    with pytest.raises(CrashError):
        run(monkeypatch, shop, *words, command="verify")
    shop.table.meet_chaos(None)

    with pytest.raises(CommandError, match="verify or reconcile"):
        run(monkeypatch, shop, *words)
    assert run(monkeypatch, shop, *words, command="verify") == 0


def test_every_command_says_what_it_is_for_and_how_it_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("", *(module.NAME for module in command_line.commands())):
        with pytest.raises(SystemExit):
            main(monkeypatch, *([name] if name else []), "--help")
        assert "1 (something is wrong)" in " ".join(capsys.readouterr().out.split()), name


def test_an_empty_table_has_nothing_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack: Any = FakeStack(FakeTable(), FakeClock())
    monkeypatch.setattr(Stack, "of", lambda _: stack)

    assert main(monkeypatch, "reconcile", "--all", "--json") == 0
    assert json.loads(capsys.readouterr().out)["accounts"] == 0


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
